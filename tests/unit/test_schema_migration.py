from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


def test_every_replica_waits_for_the_migration(stack: Recording) -> None:
    assert stack.one("batch/v1:Job").urn in stack.called("mlflow-deployment").dependencies


def test_the_migration_waits_for_the_database_and_its_grant(dev: Recording) -> None:
    assert dev.called("backend-schema").urn in dev.one("batch/v1:Job").dependencies


def test_nothing_starts_before_its_network_policy(stack: Recording) -> None:
    assert stack.called("mlflow-migration-edges").urn in stack.one("batch/v1:Job").dependencies
    assert stack.called("mlflow-server-edges").urn in stack.called("mlflow-deployment").dependencies


def test_one_pod_migrates(stack: Recording) -> None:
    job = stack.one("batch/v1:Job").spec

    assert (job["parallelism"], job["completions"]) == (1, 1)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_the_migration_gives_up_in_the_end(stack: Recording) -> None:
    job = stack.one("batch/v1:Job").spec

    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (4, 300)


def test_a_finished_migration_stays(stack: Recording) -> None:
    assert "ttlSecondsAfterFinished" not in stack.one("batch/v1:Job").spec


def test_a_failed_migration_is_replaced_by_the_next_update(stack: Recording) -> None:
    assert stack.one("batch/v1:Job").metadata["annotations"]["pulumi.com/replaceUnready"] == "true"


def test_another_image_migrates_in_another_job(dev: Recording, deployed: Deploy) -> None:
    other = deployed(image="ghcr.io/mlflow/mlflow:v3.18.0-full").one("batch/v1:Job")

    assert other.metadata["name"] != dev.one("batch/v1:Job").metadata["name"]
    assert other.metadata["name"].startswith("mlflow-migrate-")


def test_the_command_line_has_the_uri_without_a_password(stack: Recording) -> None:
    container = stack.one("batch/v1:Job").spec["template"]["spec"]["containers"][0]

    assert container["command"][-4:] == ["mlflow", "db", "upgrade", "$(MLFLOW_BACKEND_STORE_URI)"]


def test_the_migration_never_gets_the_buckets_key(stack: Recording) -> None:
    volumes = stack.one("batch/v1:Job").spec["template"]["spec"]["volumes"]

    assert [volume["name"] for volume in volumes] == ["log", "database", "authorities", "tmp"]
