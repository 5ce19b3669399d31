"""Every fault raises its alert at Alertmanager in time, with what people need to act, and the alert goes with it."""

from __future__ import annotations

import signal

import pytest

from components.monitoring.rules import AlertName, Severity
from sandbox.parts.minio import Minio
from sandbox.parts.postgresql import PostgreSQL
from tests.drills import faults
from tests.drills.drill import drill
from tests.integration.backends import stopped
from tests.integration.cluster import SERVER

CANARY = "app.kubernetes.io/component=canary"
EXPORTER = "app.kubernetes.io/component=inventory-exporter"
MORE_THAN_THE_THRESHOLD = 1_750_000_000
"""Bytes: above `alertMemory` of the drills, below the limit of the container."""


def test_pods_that_are_deleted_and_do_not_come_back_are_told_of() -> None:
    drill(faults.pods_that_do_not_come_back(SERVER), AlertName.POD_DOWN, Severity.CRITICAL, pods="none")


@pytest.mark.full
def test_a_database_that_is_down_is_told_of() -> None:
    drill(stopped(PostgreSQL(), signal.SIGINT), AlertName.DATABASE_ERROR, Severity.CRITICAL)


@pytest.mark.full
def test_an_object_store_that_is_down_is_told_of() -> None:
    drill(stopped(Minio(), signal.SIGTERM), AlertName.ARTIFACT_FAILED, Severity.CRITICAL, step="artifact_upload")


def test_a_migration_that_failed_is_told_of() -> None:
    drill(faults.a_migration_that_fails(), AlertName.MIGRATION_FAILED, Severity.WARNING)


@pytest.mark.full
def test_a_backup_that_fails_is_told_of() -> None:
    drill(faults.a_backup_that_fails(), AlertName.BACKUP_FAILED, Severity.WARNING)


@pytest.mark.full
def test_a_collection_of_garbage_that_fails_is_told_of() -> None:
    drill(faults.a_collection_that_is_out_of_time(), AlertName.GARBAGE_COLLECTION_FAILED, Severity.WARNING)


@pytest.mark.full
def test_a_role_that_may_no_longer_log_in_is_told_of() -> None:
    drill(faults.a_role_that_may_not_log_in(), AlertName.DATABASE_ERROR, Severity.CRITICAL)


@pytest.mark.full
def test_a_policy_that_no_longer_has_the_bucket_is_told_of() -> None:
    drill(faults.a_policy_without_the_bucket(), AlertName.ARTIFACT_FAILED, Severity.CRITICAL, step="artifact_upload")


@pytest.mark.full
def test_a_pod_that_uses_too_much_memory_is_told_of() -> None:
    drill(faults.memory_held(MORE_THAN_THE_THRESHOLD), AlertName.HIGH_MEMORY, Severity.WARNING)


@pytest.mark.full
def test_connections_that_run_out_are_told_of() -> None:
    drill(faults.no_connection_left(), AlertName.DATABASE_CONNECTIONS_HIGH, Severity.WARNING)


@pytest.mark.full
def test_a_rollout_that_hangs_is_told_of() -> None:
    drill(faults.a_rollout_that_hangs(), AlertName.ROLLOUT_STUCK, Severity.WARNING, deployment="mlflow")


@pytest.mark.full
def test_a_canary_that_is_gone_is_told_of() -> None:
    drill(faults.pods_that_do_not_come_back(CANARY), AlertName.CANARY_MISSING, Severity.WARNING)


@pytest.mark.full
def test_an_exporter_that_is_gone_is_told_of() -> None:
    drill(
        faults.pods_that_do_not_come_back(EXPORTER), AlertName.TARGET_MISSING, Severity.WARNING, job="mlflow-exporter"
    )
