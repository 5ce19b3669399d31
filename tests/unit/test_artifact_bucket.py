from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from components.artifact_bucket import bucket_policy

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
