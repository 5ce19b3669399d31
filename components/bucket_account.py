"""A key of a MinIO server: a user with one policy, and an account below it. No component, but part of several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
import pulumi_minio as minio

from components.contracts import BucketKey

if TYPE_CHECKING:
    from collections.abc import Mapping


def bucket_account(
    name: str,
    *,
    user: str,
    policy: str,
    document: Mapping[str, object],
    parent: pulumi.Resource,
    version: int = 1,
) -> BucketKey:
    """Make a key; it is known only once its policy is in force.

    Args:
        name: Prefix of every Pulumi name.
        user: Name of the user. Users and policies are the whole server's, so it begins with a bucket's name, which is,
            too; no bucket has an underscore, so what follows one never makes it that of another bucket.
        policy: Name of the policy, by the same rule.
        document: What it allows.
        parent: The component.
        version: A user may have several accounts, so the key of another version is another resource: it works before
            the old one ends.
    """
    text, opts = json.dumps(document), pulumi.ResourceOptions(parent=parent)
    owner = minio.IamUser(f"{name}-user", name=user, opts=opts)
    allowed = minio.IamPolicy(f"{name}-policy", name=policy, policy=text, opts=opts)
    attachment = minio.IamUserPolicyAttachment(
        f"{name}-attachment", user_name=owner.name, policy_name=allowed.name, opts=opts
    )
    account = minio.IamServiceAccount(
        f"{name}-account" if version == 1 else f"{name}-account-{version}",
        target_user=attachment.user_name,
        # Spelled out although the user has the same policy: without it, MinIO answers with the implied one and every
        # refresh would find a difference.
        policy=text,
        opts=opts,
    )
    return BucketKey(
        access_key=pulumi.Output.secret(account.access_key), secret_key=pulumi.Output.secret(account.secret_key)
    )
