"""What a key may do with one bucket. No policy names another bucket, and none but MLflow's and the pruner's deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEE = ("s3:GetBucketLocation", "s3:ListBucket")
_SEE_UPLOADS = (*_SEE, "s3:ListBucketMultipartUploads")
_WRITE = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
_STATUS = "status/*"
"""Where the backup program tells how its commands have ended (images/backup/mlflow_backup/archive/layout.py)."""


def bucket_policy(bucket: str) -> dict[str, object]:
    """Allow what MLflow does with one bucket: list, read, write, delete, and upload in parts.

    It may not change the bucket's settings nor delete a version, so a stolen key cannot destroy artifacts for good
    before `noncurrent_days` have passed.
    """
    return _policy(
        _allow(_SEE_UPLOADS, _name(bucket)),
        _allow(("s3:AbortMultipartUpload", "s3:DeleteObject", *_WRITE[1:]), f"{_name(bucket)}/*"),
    )


def listing_policy(bucket: str) -> dict[str, object]:
    """Allow to see which objects a bucket has and how large they are, without what is in them."""
    return _policy(_allow(_SEE, _name(bucket)))


def copying_policy(bucket: str) -> dict[str, object]:
    """Allow to see and to read all of a bucket."""
    return _policy(_allow(_SEE, _name(bucket)), _allow(("s3:GetObject",), f"{_name(bucket)}/*"))


def adding_policy(bucket: str) -> dict[str, object]:
    """Allow to make backups and to read them, not to delete any.

    It may write over an object, whose former version then stays for `noncurrent_days`, and may not delete that.
    """
    return _policy(_allow(_SEE_UPLOADS, _name(bucket)), _allow(_WRITE, f"{_name(bucket)}/*"))


def pruning_policy(bucket: str) -> dict[str, object]:
    """Allow to delete backups besides; not for good either, since it may not delete a version."""
    return bucket_policy(bucket)


def status_policy(bucket: str) -> dict[str, object]:
    """Allow to see and to read how the commands of backups have ended, nothing of what they stored."""
    return _policy(
        _allow(("s3:ListBucket",), _name(bucket)) | {"Condition": {"StringLike": {"s3:prefix": [_STATUS]}}},
        _allow(("s3:GetObject",), f"{_name(bucket)}/{_STATUS}"),
    )


def _name(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _allow(actions: Sequence[str], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}


def _policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
