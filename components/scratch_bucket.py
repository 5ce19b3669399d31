"""Component `ScratchBucket`: a bucket that restore drills fill and empty, and a key that opens nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_minio as minio

from components.bucket_account import bucket_account
from components.bucket_policies import bucket_policy
from components.contracts import BucketAccess, NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class ScratchBucketArgs:
    """Arguments of `ScratchBucket`; the administrator's key is in the provider, not here."""

    bucket: str
    endpoint: str
    """URL of the S3 server as the pods reach it; the provider may use another address of the same server."""
    region: str
    ca_certificate: str | None
    peers: Sequence[NetworkPeer]
    key_version: int = 1
    """Another number makes a new key; Pulumi deletes the old one when everything else is done."""


class ScratchBucket(pulumi.ComponentResource):
    """A private bucket without versions and without protection: nothing in it is worth keeping.

    What a drill that was killed has left in it is removed by the next.
    """

    access: BucketAccess
    """How a drill reaches the bucket; the key is known only once its policy is in force."""

    def __init__(self, name: str, args: ScratchBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:ScratchBucket", name, None, opts)
        bucket = minio.S3Bucket(
            f"{name}-bucket",
            bucket=args.bucket,
            acl="private",
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        key = bucket_account(
            name,
            user=args.bucket,
            policy=args.bucket,
            document=bucket_policy(args.bucket),
            version=args.key_version,
            parent=self,
        )
        self.access = BucketAccess(
            bucket=bucket.bucket,
            endpoint=args.endpoint,
            region=args.region,
            access_key=key.access_key,
            secret_key=key.secret_key,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.register_outputs({"bucket": bucket.bucket})
