"""Component `ArtifactBucket`: the bucket for MLflow's artifacts, and a key that opens nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi
import pulumi_minio as minio

from components.contracts import BucketAccess, NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class ArtifactBucketArgs:
    """Arguments of `ArtifactBucket`; the administrator's key is in the provider, not here."""

    bucket: str
    user: str
    """Name of the IAM user that owns the key."""
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
    """Make a second key, which lists the bucket and does nothing else."""


class ArtifactBucket(pulumi.ComponentResource):
    """A private, versioned bucket, and an account below a user whose policy allows this bucket only.

    Left out: expiry of incomplete multipart uploads. The provider's lifecycle rules have no such action, and MinIO
    removes stale uploads by itself after a day (`MINIO_API_STALE_UPLOADS_EXPIRY`). Encryption at rest is the server's.
    """

    access: BucketAccess
    """How a server reaches the bucket; the key is known only once its policy is in force."""
    reader: BucketAccess | None
    """The same with the key that only lists; None where there is none."""

    def __init__(self, name: str, args: ArtifactBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:ArtifactBucket", name, None, opts)
        bucket = self._versioned_bucket(name, args)
        account = self._account(name, args.key_version, args.user, args.bucket, bucket_policy(args.bucket))
        self.access = BucketAccess(
            bucket=bucket,
            endpoint=args.endpoint,
            region=args.region,
            access_key=pulumi.Output.secret(account.access_key),
            secret_key=pulumi.Output.secret(account.secret_key),
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.reader = self._reader(f"{name}-reader", args) if args.reader else None
        self.register_outputs({"bucket": bucket})

    def _versioned_bucket(self, name: str, args: ArtifactBucketArgs) -> pulumi.Output[str]:
        stateful = pulumi.ResourceOptions(parent=self, protect=args.protect)
        bucket = minio.S3Bucket(
            f"{name}-bucket", bucket=args.bucket, acl="private", force_destroy=not args.protect, opts=stateful
        )
        versioning = minio.S3BucketVersioning(
            f"{name}-versioning",
            bucket=bucket.bucket,
            versioning_configuration=minio.S3BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=stateful,
        )
        lifecycle = minio.IlmPolicy(
            f"{name}-lifecycle",
            bucket=versioning.bucket,
            rules=[
                minio.IlmPolicyRuleArgs(id="expire-noncurrent", noncurrent_version_expiration_days=args.noncurrent_days)
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return lifecycle.bucket

    def _reader(self, name: str, args: ArtifactBucketArgs) -> BucketAccess:
        # Users and policies are the whole server's. No bucket has an underscore, so no other bucket's meets these.
        user, policy = f"{args.user}_reader", f"{args.bucket}_reader"
        account = self._account(name, args.key_version, user, policy, listing_policy(args.bucket))
        return replace(
            self.access,
            access_key=pulumi.Output.secret(account.access_key),
            secret_key=pulumi.Output.secret(account.secret_key),
        )

    def _account(
        self, name: str, version: int, user: str, policy: str, document: dict[str, object]
    ) -> minio.IamServiceAccount:
        """Make a key of a user with one policy.

        A user may have several, so the key of another version is another resource: it works before the old one ends.
        """
        text = json.dumps(document)
        owner = minio.IamUser(f"{name}-user", name=user, opts=pulumi.ResourceOptions(parent=self))
        allowed = minio.IamPolicy(f"{name}-policy", name=policy, policy=text, opts=pulumi.ResourceOptions(parent=self))
        attachment = minio.IamUserPolicyAttachment(
            f"{name}-attachment",
            user_name=owner.name,
            policy_name=allowed.name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return minio.IamServiceAccount(
            f"{name}-account" if version == 1 else f"{name}-account-{version}",
            target_user=attachment.user_name,
            # Spelled out although the user has the same policy: without it, MinIO answers with the implied one and
            # every refresh would find a difference.
            policy=text,
            opts=pulumi.ResourceOptions(parent=self),
        )


def bucket_policy(bucket: str) -> dict[str, object]:
    """Allow what MLflow does with one bucket: list, read, write, delete, and upload in parts.

    It may not change the bucket's settings nor delete a version, so a stolen key cannot destroy artifacts for good
    before `noncurrent_days` have passed.
    """
    resource = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                "Resource": [resource],
            },
            {
                "Effect": "Allow",
                "Action": [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                "Resource": [f"{resource}/*"],
            },
        ],
    }


def listing_policy(bucket: str) -> dict[str, object]:
    """Allow to see which objects a bucket has and how large they are, without what is in them."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}"],
            }
        ],
    }
