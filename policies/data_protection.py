"""What holds data: no plan deletes it, and what is overwritten can be brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.resource import UNKNOWN, Resource, mapping, sequence, shown
from policies.rule import Rule, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BUCKET = ":S3Bucket"
_VERSIONING = ":S3BucketVersioning"
_DATABASE = "postgresql:index/database:Database"
_ROLE = "postgresql:index/role:Role"
_STORES = (_BUCKET, _VERSIONING, ":index/database:Database", ":index/schema:Schema")
_KINDS = ("Namespace", "PersistentVolume", "PersistentVolumeClaim")
"""A namespace takes all that is in it along."""


def _protected(resources: Sequence[Resource]) -> Iterator[Violation]:
    owners = {resource.inputs.get("owner") for resource in resources if resource.type == _DATABASE}
    for resource in resources:
        owner = resource.type == _ROLE and resource.inputs.get("name") in owners
        if (resource.type.endswith(_STORES) or resource.kind in _KINDS or owner) and not resource.protect:
            yield Violation(resource, "protect is off")
        if resource.type.endswith(_BUCKET) and resource.inputs.get("forceDestroy", False) is not False:
            what = f"forceDestroy is {shown(resource.inputs['forceDestroy'])}: its deletion takes the objects along"
            yield Violation(resource, what)


def _versioned(resources: Sequence[Resource]) -> Iterator[Violation]:
    versionings = [resource for resource in resources if resource.type.endswith(_VERSIONING)]
    for bucket in resources:
        if bucket.type.endswith(_BUCKET):
            status = [_status(each) for each in versionings if _is_of(each, bucket)]
            if status != ["Enabled"]:
                yield Violation(bucket, f"versioning is {shown(status[0]) if status else 'not set'}")


def _is_of(versioning: Resource, bucket: Resource) -> bool:
    """Tell whether a versioning is a bucket's; before the first update, the name may come from the provider."""
    name = versioning.inputs.get("bucket")
    return versioning.parent == bucket.parent if name == UNKNOWN else name == bucket.inputs.get("bucket")


def _status(versioning: Resource) -> object:
    configuration = mapping(versioning.inputs.get("versioningConfiguration"))
    partial = sequence(configuration.get("excludedPrefixes")) or configuration.get("excludeFolders")
    return "partial" if partial else configuration.get("status")


RULES = (
    Rule(
        name="data-protected",
        description="Every database with its owner, bucket, volume and namespace is protected from deletion, and no "
        "bucket's deletion takes its objects along.",
        remediation="pulumi config set protectData true, or protect=True among the resource's options, and no "
        "force_destroy",
        check=_protected,
    ),
    Rule(
        name="buckets-versioned",
        description="Every bucket keeps what is overwritten or deleted, for a while.",
        remediation="make the bucket by components.versioned_bucket, or give it an S3BucketVersioning with the status "
        "Enabled",
        check=_versioned,
    ),
)
