"""Every kind that a stack can have, and the order in which they can be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.drift import cloudflare, kubernetes, stores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.drift.kind import Kind, Resource
    from tests.integration.stacks import Stack

OF_THE_ENGINE = ("pulumi:", "mlflow:")
"""Stacks, providers and components: nothing outside the state is behind them."""
KINDS: dict[str, Kind] = {**stores.OBJECT_STORE, **stores.DATABASE_SERVER, **cloudflare.KINDS}
DELETED_LATE = (
    "minio:index/iamUserPolicyAttachment:IamUserPolicyAttachment",
    "minio:index/iamPolicy:IamPolicy",  # not while a user has it
    "minio:index/ilmPolicy:IlmPolicy",
    "minio:index/s3Bucket:S3Bucket",
    "postgresql:index/database:Database",
    "postgresql:index/role:Role",  # not while it owns a database
)
"""In this order, after everything else: what stands on it comes first."""


def kind(type_: str) -> Kind:
    """What is done to resources of a type.

    Raises:
        KeyError: nobody has said yet what somebody may do to such a thing; tests/drift is the place.
    """
    return kubernetes.kind(type_.rpartition(":")[2]) if type_.startswith("kubernetes:") else KINDS[type_]


def drifting(stack: Stack) -> dict[str, Resource]:
    """One resource of each type in a stack's state, by the type."""
    resources = stack.deployment()["resources"]
    return {each["type"]: each for each in reversed(resources) if not each["type"].startswith(OF_THE_ENGINE)}


def change(resources: Iterable[Resource]) -> dict[str, str]:
    """Changes by hand what can be changed, and returns what a refresh has to find: operation by name."""
    changed = [each for each in resources if kind(each["type"]).change]
    for resource in changed:
        deed = kind(resource["type"]).change
        assert deed
        deed(resource)
    return {name_of(each): "update" for each in changed}


def delete(resources: Iterable[Resource]) -> dict[str, str]:
    """Deletes by hand what can be deleted, and returns what a refresh has to find: operation by name."""
    doomed = [each for each in resources if kind(each["type"]).delete]
    for resource in sorted(doomed, key=_late):
        deed = kind(resource["type"]).delete
        assert deed
        deed(resource)
    return {name_of(each): "delete" for each in doomed}


def name_of(resource: Resource) -> str:
    """The name that the program gives a resource."""
    return str(resource["urn"]).rpartition("::")[2]


def _late(resource: Resource) -> int:
    return 1 + DELETED_LATE.index(resource["type"]) if resource["type"] in DELETED_LATE else 0
