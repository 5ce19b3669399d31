from __future__ import annotations

import json
from typing import Any

import pytest

from components.backup_bucket import BackupBucket, BackupBucketArgs
from components.bucket_policies import adding_policy, bucket_policy, pruning_policy, status_policy
from components.scratch_bucket import ScratchBucket, ScratchBucketArgs
from tests.unit.engine import Recording, run

BUCKET = "mlflow-backups"
WHO = ["writer", "pruner", "status-reader"]


@pytest.fixture(scope="module")
def made() -> Recording:
    def program() -> dict[str, Any]:
        backups = BackupBucket(
            "backups",
            BackupBucketArgs(
                bucket=BUCKET,
                endpoint="https://minio:9000",
                region="us-east-1",
                noncurrent_days=14,
                ca_certificate=None,
                peers=[],
                protect=True,
            ),
        )
        keys = {"writer": backups.writer, "pruner": backups.pruner, "status": backups.status_reader}
        return {f"{who} key": access.secret_key for who, access in keys.items()} | {"bucket": backups.writer.bucket}

    return run(program)


def actions(policy: dict[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_the_bucket_is_private_and_its_versions_are_kept_for_a_while(made: Recording) -> None:
    assert made.called("backups-bucket").inputs == {"bucket": BUCKET, "acl": "private", "forceDestroy": False}
    assert made.called("backups-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert made.called("backups-lifecycle").inputs["rules"][0]["noncurrentVersionExpirationDays"] == 14


def test_one_setting_of_the_bucket_follows_the_other(made: Recording) -> None:
    assert made.called("backups-bucket").urn in made.called("backups-versioning").dependencies
    assert made.called("backups-versioning").urn in made.called("backups-lifecycle").dependencies


def test_the_data_are_protected_and_the_keys_are_not(made: Recording) -> None:
    assert {resource.name for resource in made if resource.protect} == {"backups-bucket", "backups-versioning"}


@pytest.mark.parametrize("who", WHO)
def test_each_key_belongs_to_a_user_of_its_own_whose_only_policy_it_spells_out(made: Recording, who: str) -> None:
    account, attachment = made.called(f"backups-{who}-account"), made.called(f"backups-{who}-attachment")
    wanted = {"writer": adding_policy, "pruner": pruning_policy, "status-reader": status_policy}[who](BUCKET)

    assert account.inputs["targetUser"] == f"{BUCKET}_{who}"
    assert json.loads(account.inputs["policy"]) == wanted
    assert json.loads(made.called(f"backups-{who}-policy").inputs["policy"]) == wanted
    assert attachment.inputs == {"userName": f"{BUCKET}_{who}", "policyName": f"{BUCKET}_{who}"}
    assert attachment.urn in account.dependencies


def test_only_the_pruner_may_delete_and_nobody_for_good() -> None:
    written, pruned = actions(adding_policy(BUCKET)), actions(pruning_policy(BUCKET))

    assert pruned - written == {"s3:DeleteObject"}
    assert written <= pruned
    assert written == {
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    }


def test_the_status_reader_sees_and_reads_the_status_only() -> None:
    assert status_policy(BUCKET)["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}"],
            "Condition": {"StringLike": {"s3:prefix": ["status/*"]}},
        },
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{BUCKET}/status/*"]},
    ]


def test_every_key_is_a_secret_for_the_bucket(made: Recording) -> None:
    assert made.exports["bucket"] == BUCKET
    assert made.secret_exports == {"writer key", "pruner key", "status key"}


def test_a_scratch_bucket_is_emptied_and_removed_without_asking() -> None:
    def program() -> dict[str, Any]:
        scratch = ScratchBucket(
            "drill",
            ScratchBucketArgs(
                bucket="mlflow-artifacts-drill",
                endpoint="https://minio:9000",
                region="r",
                ca_certificate=None,
                peers=[],
            ),
        )
        return {"bucket": scratch.access.bucket, "key": scratch.access.secret_key}

    made = run(program)

    assert made.called("drill-bucket").inputs["forceDestroy"] is True
    assert [resource.name for resource in made if resource.protect] == []
    assert made.called("drill-account").inputs["targetUser"] == "mlflow-artifacts-drill"
    assert json.loads(made.called("drill-account").inputs["policy"]) == bucket_policy("mlflow-artifacts-drill")
    assert made.secret_exports == {"key"}
