"""Component `BackupBucket`: the bucket that backups are written to, and a key for each who has to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.bucket_account import bucket_account
from components.bucket_policies import adding_policy, pruning_policy, status_policy
from components.contracts import BucketAccess, NetworkPeer
from components.versioned_bucket import versioned_bucket

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class BackupBucketArgs:
    """Arguments of `BackupBucket`; the administrator's key is in the provider, not here."""

    bucket: str
    endpoint: str
    """URL of the S3 server as the pods reach it; the provider may use another address of the same server."""
    region: str
    noncurrent_days: int
    """Days for which an overwritten or deleted object can be brought back."""
    key_version: int = 1
    """Another number makes new keys; Pulumi deletes the old ones when everything else is done."""
    ca_certificate: str | None
    peers: Sequence[NetworkPeer]
    protect: bool
    """Refuse every plan that deletes or replaces the bucket. Without it, a deletion takes the backups along."""


class BackupBucket(pulumi.ComponentResource):
    """A private, versioned bucket, and three accounts below users whose policies allow this bucket only.

    Nobody may delete a version, so whoever steals a key, the pruner's included, destroys nothing for good before
    `noncurrent_days` have passed. Left out: object locks, which would keep Pulumi from removing the bucket of a stack
    that wants that.
    """

    writer: BucketAccess
    """Makes and reads backups, and deletes nothing."""
    pruner: BucketAccess
    """Deletes old ones besides."""
    status_reader: BucketAccess
    """Reads how backups have ended, and nothing of what they stored."""

    def __init__(self, name: str, args: BackupBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:BackupBucket", name, None, opts)
        bucket = versioned_bucket(
            name, bucket=args.bucket, noncurrent_days=args.noncurrent_days, protect=args.protect, parent=self
        )
        self.writer = self._access(name, "writer", args, bucket, adding_policy(args.bucket))
        self.pruner = self._access(name, "pruner", args, bucket, pruning_policy(args.bucket))
        self.status_reader = self._access(name, "status-reader", args, bucket, status_policy(args.bucket))
        self.register_outputs({"bucket": bucket})

    def _access(
        self, name: str, who: str, args: BackupBucketArgs, bucket: pulumi.Output[str], document: dict[str, object]
    ) -> BucketAccess:
        owner = f"{args.bucket}_{who}"
        key = bucket_account(
            f"{name}-{who}", user=owner, policy=owner, document=document, parent=self, version=args.key_version
        )
        return BucketAccess(
            bucket=bucket,
            endpoint=args.endpoint,
            region=args.region,
            access_key=key.access_key,
            secret_key=key.secret_key,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
