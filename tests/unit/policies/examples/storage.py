"""Of buckets, the keys to them, and what keeps data."""

from __future__ import annotations

import json
from typing import Any

from policies.resource import UNKNOWN, Resource
from tests.unit.policies.examples.example import Example, kubernetes, resource

_PRIVATE, _NARROW = "buckets-private", "keys-narrow"
_PROTECTED, _VERSIONED = "data-protected", "buckets-versioned"
_COMPONENT = "urn:pulumi:prod::mlflow-platform::mlflow:storage:ArtifactBucket::artifacts"


def _bucket(**inputs: Any) -> Resource:
    given = {"bucket": "mlflow-artifacts", "acl": "private", "forceDestroy": False, **inputs}
    return resource("minio:index/s3Bucket:S3Bucket", given, name="artifacts-bucket", parent=_COMPONENT, protect=True)


def _versioning(status: str, *, bucket: str = "mlflow-artifacts", protect: bool = True, **more: Any) -> Resource:
    inputs = {"bucket": bucket, "versioningConfiguration": {"status": status, **more}}
    type_ = "minio:index/s3BucketVersioning:S3BucketVersioning"
    return resource(type_, inputs, name="artifacts-versioning", parent=_COMPONENT, protect=protect)


def _policy(type_: str, *statements: dict[str, Any]) -> Resource:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return resource(f"minio:index/{type_[0].lower()}{type_[1:]}:{type_}", {"policy": text})


def _allow(action: str, where: str = "arn:aws:s3:::mlflow-artifacts/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [where], **more}


def _database(*, protect: bool) -> tuple[Resource, ...]:
    return (
        resource("postgresql:index/role:Role", {"name": "mlflow", "login": True}, name="owner", protect=protect),
        resource("postgresql:index/role:Role", {"name": "mlflow_reader", "login": True}, name="reader"),
        resource("postgresql:index/database:Database", {"name": "mlflow", "owner": "mlflow"}, protect=protect),
        resource("minio:index/iamUser:IamUser", {"name": "mlflow"}),
    )


EXAMPLES = (
    Example(
        rule=_PRIVATE,
        sentence="a_bucket_with_a_policy_for_one_user",
        resources=(
            _bucket(),
            _policy("S3BucketPolicy", _allow("s3:GetObject", Principal={"AWS": ["arn:aws:iam:::user/mlflow"]})),
            _policy("S3BucketPolicy", _allow("s3:DeleteBucket", Principal="*") | {"Effect": "Deny"}),
            _policy("IamPolicy", _allow("s3:GetObject", Principal="*")),
            kubernetes("core/v1:ConfigMap", acl="of another thing"),
        ),
    ),
    *(
        Example(
            rule=_PRIVATE,
            sentence=f"a_bucket_with_the_acl_{acl}",
            resources=(_bucket(acl=acl),),
            found=(f"acl is {acl!r}",),
        )
        for acl in ("public-read", "public-read-write", "public")
    ),
    Example(
        rule=_PRIVATE,
        sentence="a_policy_for_everybody",
        resources=(
            _policy("S3BucketPolicy", _allow("s3:GetObject", Principal="*")),
            _policy("S3BucketPolicy", _allow("s3:ListBucket", Principal={"AWS": "*"})),
        ),
        found=("the policy allows everybody s3:GetObject", "the policy allows everybody s3:ListBucket"),
    ),
    Example(
        rule=_PRIVATE,
        sentence="a_policy_that_is_not_known_before_the_update",
        resources=(resource("minio:index/s3BucketPolicy:S3BucketPolicy", {"policy": UNKNOWN}),),
        found=("the policy cannot be read before the update",),
    ),
    Example(
        rule=_NARROW,
        sentence="a_key_for_one_bucket",
        resources=(
            _policy("IamPolicy", _allow("s3:GetObject"), _allow("s3:ListBucket", "arn:aws:s3:::mlflow-artifacts")),
            _policy("S3BucketPolicy", _allow("s3:*", Principal={"AWS": ["arn:aws:iam:::user/admin"]})),
            _policy("IamServiceAccount", {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"]}),
            resource("minio:index/iamServiceAccount:IamServiceAccount", {"targetUser": "mlflow"}),
        ),
    ),
    Example(
        rule=_NARROW,
        sentence="a_key_that_may_do_everything",
        resources=(_policy("IamServiceAccount", _allow("s3:*"), {"Effect": "Allow", "Action": "*"}),),
        found=("the policy allows every action (s3:*)", "the policy allows every action (*)"),
    ),
    Example(
        rule=_NARROW,
        sentence="a_key_to_every_bucket",
        resources=(
            _policy("IamPolicy", _allow("s3:GetObject", "arn:aws:s3:::*/*")),
            resource("minio:index/iamPolicy:IamPolicy", {"policy": json.dumps({"Statement": _allow("s3:List", "*")})}),
            _policy("IamGroupPolicy", {"Effect": "Allow", "NotAction": "s3:DeleteObject", "NotResource": "logs"}),
        ),
        found=(
            "the policy allows s3:GetObject on every bucket",
            "the policy allows s3:List on every bucket",
            "the policy allows all but what NotAction names",
            "the policy allows all but what NotResource names",
        ),
    ),
    Example(
        rule=_NARROW,
        sentence="a_key_whose_policy_cannot_be_read",
        resources=(resource("minio:index/iamPolicy:IamPolicy", {"policy": "not json"}),),
        found=("the policy cannot be read before the update",),
    ),
    Example(
        rule=_PROTECTED,
        sentence="stores_that_are_protected_and_a_role_that_owns_nothing",
        resources=(*_database(protect=True), _bucket(), _versioning("Enabled")),
    ),
    Example(
        rule=_PROTECTED,
        sentence="a_database_whose_owner_could_be_deleted_with_it",
        resources=_database(protect=False),
        found=("protect is off", "protect is off"),
    ),
    Example(
        rule=_PROTECTED,
        sentence="a_bucket_whose_deletion_takes_the_objects_along",
        resources=(
            _bucket(forceDestroy=True),
            _versioning("Enabled", protect=False),
            resource("minio:index/iamUser:IamUser", {"name": "mlflow", "forceDestroy": True}),
        ),
        found=(
            "forceDestroy is True: its deletion takes the objects along",
            "protect is off",
        ),
    ),
    *(
        Example(
            rule=_PROTECTED,
            sentence=f"a_{kind}_that_could_be_deleted",
            resources=(kubernetes(f"core/v1:{kind}"), kubernetes("core/v1:ServiceAccount", name="mlflow")),
            found=("protect is off",),
        )
        for kind in ("PersistentVolume", "PersistentVolumeClaim", "Namespace")
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_bucket_with_versions",
        resources=(_bucket(), _versioning("Enabled")),
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_new_bucket_whose_name_its_versioning_has_yet_to_learn",
        resources=(_bucket(), _versioning("Enabled", bucket=UNKNOWN)),
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_bucket_without_versions_beside_another_that_has_them",
        resources=(_bucket(), _versioning("Enabled", bucket="mlflow-backups")),
        found=("versioning is not set",),
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_bucket_whose_versions_are_suspended",
        resources=(_bucket(), _versioning("Suspended")),
        found=("versioning is 'Suspended'",),
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_bucket_with_versions_of_some_objects",
        resources=(_bucket(), _versioning("Enabled", excludedPrefixes=["tmp/"])),
        found=("versioning is 'partial'",),
    ),
    Example(
        rule=_VERSIONED,
        sentence="a_bucket_without_versions_of_folders",
        resources=(_bucket(), _versioning("Enabled", excludeFolders=True)),
        found=("versioning is 'partial'",),
    ),
)
