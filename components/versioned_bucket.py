"""A private bucket whose overwritten and deleted objects can be brought back for a while. Part of several components.

Left out: expiry of incomplete multipart uploads. The provider's lifecycle rules have no such action, and MinIO removes
stale uploads by itself after a day (`MINIO_API_STALE_UPLOADS_EXPIRY`). Encryption at rest is the server's.
"""

from __future__ import annotations

import pulumi
import pulumi_minio as minio


def versioned_bucket(
    name: str, *, bucket: str, noncurrent_days: int, protect: bool, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Make the bucket; return its name, known only once its settings are in force.

    Args:
        name: Prefix of every Pulumi name.
        bucket: Name of the bucket.
        noncurrent_days: Days for which an overwritten or deleted object can be brought back.
        protect: Refuse every plan that deletes or replaces it. Without it, a deletion takes the objects along.
        parent: The component.
    """
    stateful = pulumi.ResourceOptions(parent=parent, protect=protect)
    made = minio.S3Bucket(f"{name}-bucket", bucket=bucket, acl="private", force_destroy=not protect, opts=stateful)
    versioning = minio.S3BucketVersioning(
        f"{name}-versioning",
        bucket=made.bucket,
        versioning_configuration=minio.S3BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=stateful,
    )
    # One setting after the other: the lifecycle speaks of versions.
    lifecycle = minio.IlmPolicy(
        f"{name}-lifecycle",
        bucket=versioning.bucket,
        rules=[minio.IlmPolicyRuleArgs(id="expire-noncurrent", noncurrent_version_expiration_days=noncurrent_days)],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return lifecycle.bucket
