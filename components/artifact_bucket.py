"""Component `ArtifactBucket`: the bucket for MLflow's artifacts, and keys that open nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.bucket_account import bucket_account
from components.bucket_policies import bucket_policy, copying_policy, listing_policy
from components.contracts import BucketAccess, NetworkPeer
from components.versioned_bucket import versioned_bucket

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class ArtifactBucketArgs:
    """Arguments of `ArtifactBucket`; the administrator's key is in the provider, not here."""

    bucket: str
    user: str
    """Name of the IAM user that owns the server's key."""
    endpoint: str
    """URL of the S3 server as the pods reach it; the provider may use another address of the same server."""
    region: str
    noncurrent_days: int
    """Days for which an overwritten or deleted artifact can be brought back."""
    key_version: int = 1
    """Another number makes new keys; Pulumi deletes the old ones when everything else is done."""
    ca_certificate: str | None
    peers: Sequence[NetworkPeer]
    protect: bool
    """Refuse every plan that deletes or replaces the bucket. Without it, a deletion takes the artifacts along."""
    reader: bool = False
    """Make a key that lists the bucket and does nothing else."""
    copier: bool = False
    """Make a key that lists the bucket and reads what is in it: for backups."""


class ArtifactBucket(pulumi.ComponentResource):
    """A private, versioned bucket, and accounts below users whose policies allow this bucket only."""

    access: BucketAccess
    """How a server reaches the bucket; the key is known only once its policy is in force."""
    reader: BucketAccess | None
    """The same with the key that only lists; None where there is none."""
    copier: BucketAccess | None
    """The same with the key that lists and reads; None where there is none."""

    def __init__(self, name: str, args: ArtifactBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:ArtifactBucket", name, None, opts)
        bucket = versioned_bucket(
            name, bucket=args.bucket, noncurrent_days=args.noncurrent_days, protect=args.protect, parent=self
        )
        key = bucket_account(
            name,
            user=args.user,
            policy=args.bucket,
            document=bucket_policy(args.bucket),
            version=args.key_version,
            parent=self,
        )
        self.access = BucketAccess(
            bucket=bucket,
            endpoint=args.endpoint,
            region=args.region,
            access_key=key.access_key,
            secret_key=key.secret_key,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.reader = self._also(name, "reader", args, listing_policy(args.bucket)) if args.reader else None
        self.copier = self._also(name, "copier", args, copying_policy(args.bucket)) if args.copier else None
        self.register_outputs({"bucket": bucket})

    def _also(self, name: str, who: str, args: ArtifactBucketArgs, document: dict[str, object]) -> BucketAccess:
        """Make a further key."""
        key = bucket_account(
            f"{name}-{who}",
            user=f"{args.user}_{who}",
            policy=f"{args.bucket}_{who}",
            document=document,
            version=args.key_version,
            parent=self,
        )
        return key.open(self.access)
