"""The records of a release: what holds data, and the components and providers that it stands on."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.recovery import identifier
from tests.unit.engine import PROJECT
from tests.unit.identity import Identities, Identity
from tests.unit.stack_files import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.unit.engine import Recording, Registration

FOLDER = Path(__file__).parent
COMMAND = "python -m tests.unit.released"
HOLD_DATA = frozenset(
    {
        "postgresql:index/role:Role",  # owns the tables
        "postgresql:index/database:Database",
        "postgresql:index/schema:Schema",
        "minio:index/s3Bucket:S3Bucket",
        "minio:index/s3BucketVersioning:S3BucketVersioning",  # its deletion ends what brings back overwritten objects
        "kubernetes:core/v1:Namespace",  # with all that is in it
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:apps/v1:StatefulSet",  # its claims
    }
)
"""Types whose replacement or deletion loses data."""


def version() -> str:
    """The version that the project has now."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def file(name: str) -> Path:
    """Where a record is."""
    return FOLDER / f"{name}.json"


def read(name: str) -> dict[str, Any]:
    """A record: `release`, and `resources` as `pulumi stack export` has them, but for their outputs."""
    document: dict[str, Any] = json.loads(file(name).read_text())
    return document


def made(recording: Recording, stack: str) -> dict[str, Any]:
    """The record of what a program registers. Secrets are redacted, and nothing is in it of the machine."""
    identities = Identities(recording)
    registered = {resource.urn: resource for resource in recording}
    kept: dict[str, Registration] = {}
    for resource in recording:
        if resource.type in HOLD_DATA:
            kept |= {
                each.urn: each for each in (*_with_parents(resource, registered), provider_of(resource, recording))
            }
    urns = {urn: urn_of(identities.of(each), stack) for urn, each in registered.items()}
    return {
        "release": version(),
        "resources": [
            _state(resource, urns, recording, root_of(stack)) for resource in recording if resource.urn in kept
        ],
    }


def provider_of(resource: Registration, recording: Recording) -> Registration:
    """The provider that makes a resource; the engine refers to it by URN and id."""
    (found,) = [each for each in recording if each.urn == resource.provider.rpartition("::")[0]]
    return found


def urn_of(identity: Identity, stack: str) -> str:
    """The URN that a resource has in a stack."""
    return f"urn:pulumi:{stack}::{PROJECT}::{identity}"


def root_of(stack: str) -> str:
    """The URN of the stack itself."""
    return urn_of(Identity("pulumi:pulumi:Stack", f"{PROJECT}-{stack}"), stack)


def _with_parents(resource: Registration, registered: Mapping[str, Registration]) -> Iterator[Registration]:
    yield resource
    if resource.parent in registered:
        yield from _with_parents(registered[resource.parent], registered)


def _state(resource: Registration, urns: Mapping[str, str], recording: Recording, root: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "urn": urns[resource.urn],
        "custom": resource.custom,
        "type": resource.type,
        "parent": urns.get(resource.parent, root),
    }
    if resource.is_provider:
        # Its settings are addresses and passwords: of the platform, not of the release.
        return fields | {"id": resource.name, "inputs": {}}
    if resource.custom:
        provider = provider_of(resource, recording)
        fields["provider"] = f"{urns[provider.urn]}::{provider.name}"
        fields["id"] = identifier({"type": resource.type, "inputs": resource.plain}) or resource.name
        fields["inputs"] = resource.plain
    return fields | ({"protect": True} if resource.protect else {})
