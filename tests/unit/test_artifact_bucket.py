from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs
from components.bucket_policies import bucket_policy, copying_policy, listing_policy
from tests.unit import engine

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


def test_the_bucket_is_private(stack: Recording) -> None:
    assert stack.called("artifacts-bucket").inputs["acl"] == "private"


def test_only_an_unprotected_bucket_takes_its_artifacts_along(dev: Recording, prod: Recording) -> None:
    assert dev.called("artifacts-bucket").inputs["forceDestroy"] is True
    assert prod.called("artifacts-bucket").inputs["forceDestroy"] is False


def test_versions_are_kept_for_a_while(stack: Recording) -> None:
    rule = stack.called("artifacts-lifecycle").inputs["rules"][0]

    assert stack.called("artifacts-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert rule["noncurrentVersionExpirationDays"] == 30


def test_the_lifecycle_waits_for_the_versioning(dev: Recording) -> None:
    assert dev.called("artifacts-versioning").urn in dev.called("artifacts-lifecycle").dependencies


def test_the_policy_names_this_bucket_only() -> None:
    policy = json.dumps(bucket_policy("mlflow-artifacts"))

    assert set(policy.split('"')) & {"*", "s3:*", "arn:aws:s3:::*"} == set()
    assert policy.count("arn:aws:s3:::mlflow-artifacts") == policy.count("arn:aws:s3:::") == 2


def test_the_policy_allows_no_deletion_of_a_version() -> None:
    policy = json.dumps(bucket_policy("mlflow-artifacts"))

    assert "DeleteObjectVersion" not in policy
    assert "PutBucket" not in policy


def test_the_policy_allows_all_that_an_upload_in_parts_needs_also_to_give_it_up() -> None:
    bucket, objects = (statement["Action"] for statement in json.loads(json.dumps(bucket_policy("b")))["Statement"])

    assert set(bucket) == {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
    assert set(objects) == {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
    }


def test_the_account_spells_out_its_policy(dev: Recording) -> None:
    account = dev.called("artifacts-account")

    assert json.loads(account.inputs["policy"]) == bucket_policy("mlflow-artifacts")
    assert dev.called("artifacts-attachment").urn in account.dependencies


def test_the_server_gets_the_accounts_key_and_never_the_administrators(dev: Recording) -> None:
    content = dev.called("mlflow-bucket").inputs["stringData"]["credentials"]

    assert "generated-access-key" in content
    assert "root-of-all-buckets" not in content


def test_an_existing_bucket_needs_no_provider(deployed: Deploy) -> None:
    recording = deployed(artifactProvision=False, artifactAccessKey="key-id", artifactSecretKey="key-secret")

    assert [resource.name for resource in recording if "minio" in resource.type] == []
    assert "aws_secret_access_key = key-secret" in recording.called("mlflow-bucket").inputs["stringData"]["credentials"]


def test_aws_needs_no_endpoint(deployed: Deploy) -> None:
    existing: dict[str, Any] = {
        "artifactProvision": False,
        "artifactAccessKey": "key-id",
        "artifactSecretKey": "key-secret",
    }
    settings = deployed(artifactEndpoint="", artifactCaFile="", **existing).called("mlflow-settings").inputs["data"]

    assert {"MLFLOW_S3_ENDPOINT_URL", "AWS_CA_BUNDLE"} & set(settings) == set()


def with_reader(*, reader: bool = True, copier: bool = False, key_version: int = 1) -> Recording:
    """Register a bucket named `artifacts`, with or without keys that list and copy it."""

    def program() -> dict[str, Any]:
        made = ArtifactBucket(
            "artifacts",
            ArtifactBucketArgs(
                bucket="mlflow-artifacts",
                user="mlflow-artifacts",
                endpoint="https://minio:9000",
                region="us-east-1",
                noncurrent_days=30,
                key_version=key_version,
                ca_certificate=None,
                peers=[],
                protect=True,
                reader=reader,
                copier=copier,
            ),
        )
        further = made.reader or made.copier
        return {"key": further.secret_key, "bucket": further.bucket} if further else {}

    return engine.run(program)


@pytest.fixture(scope="module")
def listed() -> Recording:
    return with_reader()


def test_the_listing_key_sees_what_there_is_and_reads_none_of_it() -> None:
    assert listing_policy("mlflow-artifacts")["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::mlflow-artifacts"],
        }
    ]


def test_the_listing_key_belongs_to_a_user_of_its_own_with_that_policy_only(listed: Recording) -> None:
    account, attachment = listed.called("artifacts-reader-account"), listed.called("artifacts-reader-attachment")

    assert account.inputs["targetUser"] == "mlflow-artifacts_reader"
    assert json.loads(account.inputs["policy"]) == listing_policy("mlflow-artifacts")
    assert json.loads(listed.called("artifacts-reader-policy").inputs["policy"]) == listing_policy("mlflow-artifacts")
    assert attachment.inputs == {"userName": "mlflow-artifacts_reader", "policyName": "mlflow-artifacts_reader"}
    assert attachment.urn in account.dependencies


def test_the_listing_key_is_a_secret_for_the_same_bucket(listed: Recording) -> None:
    assert listed.exports == {"key": "generated-secret-key", "bucket": "mlflow-artifacts"}
    assert listed.secret_exports == {"key"}


def test_the_listing_key_can_be_taken_away_while_the_data_are_protected(listed: Recording) -> None:
    assert {resource.name for resource in listed if resource.protect} == {"artifacts-bucket", "artifacts-versioning"}


def test_a_listing_key_changes_nothing_of_the_rest(listed: Recording) -> None:
    without = with_reader(reader=False)
    inputs = {resource.name: resource.inputs for resource in listed}

    assert {resource.name: resource.inputs for resource in without}.items() <= inputs.items()
    assert without.exports == {}


def test_the_copying_key_sees_and_reads_everything_and_changes_nothing() -> None:
    statements: Any = copying_policy("mlflow-artifacts")["Statement"]

    assert {action for each in statements for action in each["Action"]} == {
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetObject",
    }
    assert [each["Resource"] for each in statements] == [
        ["arn:aws:s3:::mlflow-artifacts"],
        ["arn:aws:s3:::mlflow-artifacts/*"],
    ]


def test_the_copying_key_belongs_to_a_user_of_its_own_and_changes_nothing_of_the_rest() -> None:
    copied, without = with_reader(reader=False, copier=True), with_reader(reader=False)
    inputs = {resource.name: resource.inputs for resource in copied}

    assert inputs["artifacts-copier-account"]["targetUser"] == "mlflow-artifacts_copier"
    assert json.loads(inputs["artifacts-copier-account"]["policy"]) == copying_policy("mlflow-artifacts")
    assert {resource.name: resource.inputs for resource in without}.items() <= inputs.items()
    assert copied.exports == {"key": "generated-secret-key", "bucket": "mlflow-artifacts"}
    assert copied.secret_exports == {"key"}


def test_another_version_is_another_key_of_the_same_user_with_the_same_policy(listed: Recording) -> None:
    second = with_reader(key_version=2)

    for name in ("artifacts-account", "artifacts-reader-account"):
        assert second.called(f"{name}-2").inputs == listed.called(name).inputs
        assert name not in {resource.name for resource in second}, "the old one is deleted, which Pulumi does last"


def test_another_version_changes_nothing_of_the_rest(listed: Recording) -> None:
    keys = {"artifacts-account", "artifacts-reader-account", "artifacts-account-2", "artifacts-reader-account-2"}
    rest = [
        {resource.name: resource.inputs for resource in recording if resource.name not in keys}
        for recording in (listed, with_reader(key_version=2))
    ]

    assert rest[0] == rest[1]


def test_server_and_exporter_get_the_keys_of_the_version(deployed: Deploy) -> None:
    recording = deployed("prod", artifactKeyVersion=7)

    assert recording.called("artifacts-account-7").urn in recording.called("mlflow-bucket").dependencies
    assert recording.called("artifacts-reader-account-7").urn in recording.called("exporter-bucket").dependencies
