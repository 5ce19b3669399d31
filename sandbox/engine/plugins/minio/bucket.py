"""``minio:index/s3Bucket:S3Bucket``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from minio.deleteobjects import DeleteObject

from sandbox.engine.plugins.minio.connection import AbsentError, Server
from sandbox.engine.plugins.minio.documents import unique_id
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, PartialFailureError, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_UNIQUE_LENGTH: Final = 26
_LIST: Final = ["s3:GetBucketLocation", "s3:ListBucket"]
_WRITE: Final = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
# ACL: actions on the bucket, actions on its objects, both for everybody.
_ACLS: Final = {
    "public-read": (_LIST, ["s3:GetObject"]),
    "public-write": (["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], _WRITE),
    "public-read-write": ([*_LIST, "s3:ListBucketMultipartUploads"], [*_WRITE, "s3:GetObject"]),
    "public": (["s3:*"], ["s3:*"]),
}


def _at_most(length: int) -> Property:
    def problem(value: str) -> str | None:
        return None if len(value) <= length else f"expected length to be in the range (0 - {length}), got {value}"

    return Property(force_new=True, problem=problem)


class Bucket(Resource[Server]):
    """A bucket. Like the official plugin it does not look at the ACL again once it is set."""

    token = "minio:index/s3Bucket:S3Bucket"  # noqa: S105 - a type token
    schema: ClassVar[Schema] = Schema(
        {
            "bucket": Property(
                computed=True, force_new=True, conflicts=("bucketPrefix",), problem=_at_most(63).problem
            ),
            "bucketPrefix": Property(
                force_new=True, conflicts=("bucket",), problem=_at_most(63 - _UNIQUE_LENGTH).problem
            ),
            "acl": Property(default="private"),
            "forceDestroy": Property(kind=Kind.BOOLEAN, default=False),
            "objectLocking": Property(kind=Kind.BOOLEAN, default=False),
            "quota": Property(kind=Kind.INTEGER),
            "arn": Property(computed=True, given=False),
            "bucketDomainName": Property(computed=True, given=False),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Make the bucket; what can fail after that is repeated by the next run."""
        name = new["bucket"] or unique_id(new["bucketPrefix"] or "terraform-")
        with client.explained(f"unable to create bucket ({name})"):
            if client.s3.bucket_exists(name):
                raise ResourceError(
                    f"bucket already exists! ({name}); adopt it with "
                    f"`pulumi import {self.token} RESOURCE_NAME {name}`, or choose another name"
                )
            client.s3.make_bucket(name, location=client.region, object_lock=bool(new["objectLocking"]))
        try:
            _set_acl(client, name, new["acl"])
            _set_quota(client, name, new["quota"])
        except ResourceError as error:
            # The stored ACL is one that never equals the wanted one, so that the next run sets it.
            raise PartialFailureError(name, new | {"bucket": name, "acl": None, "quota": None}, str(error)) from error
        return Created(name, {"bucket": name})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Look whether the bucket is there."""
        with client.explained(f"error checking bucket existence ({identifier})"):
            if not client.s3.bucket_exists(identifier):
                return None
        found: Values = {
            "bucket": identifier,
            "arn": f"arn:aws:s3:::{identifier}",
            "bucketDomainName": f"{client.url}/minio/{identifier}",
        }
        return found if state else found | {"acl": "private"}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:
        """Set ACL and quota anew."""
        if new["acl"] != old.get("acl"):
            _set_acl(client, identifier, new["acl"])
        if new["quota"] != old.get("quota"):
            _set_quota(client, identifier, new["quota"] or 0)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Remove the bucket; one with objects in it only where ``forceDestroy`` says so."""
        try:
            with client.explained(f"unable to remove bucket ({identifier})", "NoSuchBucket"):
                if state.get("forceDestroy"):
                    _empty(client, identifier)
                client.s3.remove_bucket(identifier)
        except AbsentError:
            return


def _empty(client: Server, bucket: str) -> None:
    """Delete every version of every object, and every delete marker."""
    objects = client.s3.list_objects(bucket, recursive=True, include_version=True)
    doomed = (DeleteObject(str(item.object_name), item.version_id) for item in objects)
    for failed in client.s3.remove_objects(bucket, doomed, bypass_governance_mode=True):
        raise ResourceError(f"unable to empty bucket ({bucket}): {failed.name}: {failed.message}")


def _set_acl(client: Server, bucket: str, acl: str) -> None:
    with client.explained(f"[ACL] Unable to update bucket ({bucket})", "NoSuchBucketPolicy"):
        if acl == "private":
            client.s3.delete_bucket_policy(bucket)
            return
        if acl not in _ACLS:
            valid = ", ".join(["private", *_ACLS])
            raise ResourceError(f"unsupported ACL ({acl}): (valid acl: {valid})")
        on_bucket, on_objects = _ACLS[acl]
        arn = f"arn:aws:s3:::{bucket}"
        common = {"Effect": "Allow", "Principal": {"AWS": ["*"]}}
        statements = [
            common | {"Action": on_bucket, "Resource": [arn]},
            common | {"Action": on_objects, "Resource": [f"{arn}/*"]},
        ]
        client.s3.set_bucket_policy(bucket, json.dumps({"Version": "2012-10-17", "Statement": statements}))


def _set_quota(client: Server, bucket: str, quota: int | None) -> None:
    if quota is not None:
        with client.explained(f"error setting bucket quota {bucket}"):
            client.admin.bucket_quota_set(bucket, quota)
