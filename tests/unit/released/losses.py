"""What an update from a recorded release would replace or delete of what holds data.

Judged as the engine and the plugins do, without either: identities and aliases, the provider (another one replaces
whatever it makes), and the properties that cannot be changed in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.engine.plugins.minio.provider import MinioProvider
from sandbox.engine.plugins.postgresql.provider import PostgresqlProvider
from tests.unit.identity import Identities, Identity
from tests.unit.released.record import HOLD_DATA, provider_of, urn_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.unit.engine import Recording, Registration

_SCHEMAS = {
    token: served.schema
    for provider in (PostgresqlProvider(), MinioProvider())
    for token, served in provider.resources.items()
}
_FIXED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes:core/v1:PersistentVolumeClaim": (("spec",),),
    "kubernetes:apps/v1:StatefulSet": (
        ("spec", "volumeClaimTemplates"),
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
        ("spec", "selector"),
    ),
}
"""Of Kubernetes objects, besides name and namespace; that a claim may grow is left out, since not every class can."""
_PLACE = (("metadata", "name"), ("metadata", "namespace"))


def losses(record: Mapping[str, Any], recording: Recording, stack: str) -> list[str]:
    """A line for each recorded resource that the program would not keep, in a stack of this name."""
    identities = Identities(recording)
    heirs: dict[str, Registration] = {}
    for resource in recording:
        for former in (*identities.former(resource), identities.of(resource)):
            heirs[urn_of(former, stack)] = resource
    told = []
    for held in record["resources"]:
        if held["type"] in HOLD_DATA:
            name = Identity(*held["urn"].split("::", 3)[2:])
            heir = heirs.get(held["urn"])
            reasons = (
                list(_reasons(held, heir, heirs, recording)) if heir else ["nothing has its name or an alias of it"]
            )
            told += [f"{name}: {reason}" for reason in reasons]
    return told


def _reasons(
    held: Mapping[str, Any], heir: Registration, heirs: Mapping[str, Registration], recording: Recording
) -> Iterator[str]:
    if heir.type != held["type"]:
        yield f"its type is now {heir.type}"
        return
    known = held["provider"].rpartition("::")[0]
    if heirs.get(known) != provider_of(heir, recording):
        yield f"{known.rpartition('::')[2]}, the provider that made it, is not the one that it has now"
    for path in (*_replacing(held, heir), *heir.replacing):
        old, new = _at(held["inputs"], path.split(".")), _at(heir.plain, path.split("."))
        if old != new:
            yield f"{path} is {new!r} and was {old!r}, which cannot be changed in place"


def _replacing(held: Mapping[str, Any], heir: Registration) -> list[str]:
    """Paths of the properties that differ, and that replace the resource then."""
    if schema := _SCHEMAS.get(heir.type):
        return [change.name for change in schema.diff(held["inputs"], heir.plain, heir.ignored) if change.replaces]
    return [".".join(path) for path in (*_PLACE, *_FIXED.get(heir.type, ()))]


def _at(values: Any, path: list[str]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, dict) else None
    return values
