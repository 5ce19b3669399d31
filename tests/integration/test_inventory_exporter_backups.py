"""How the exporter reads what the backup program has put into a real MinIO, by a key that may do nothing else."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from components.contracts import DatabaseConnection
from components.inventory_exporter.program.backups import backups_client, look_at_backups
from components.inventory_exporter.program.settings import BackupSettings
from mlflow_backup.archive.layout import status_key
from mlflow_backup.report import Report
from mlflow_backup.settings import TargetSettings
from mlflow_backup.storage.bucket import Bucket
from tests.integration.inventory_exporter_pod import args, opened, running
from tests.integration.plugin_harness import free_port
from tests.integration.plugin_minio import ROOT, ROOT_PASSWORD, Store, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["store"]  # a fixture: importing it makes it known here

ARTIFACTS, BACKUPS = "mlflow-artifacts", "mlflow-backups"
WATCHER, SECRET = "watcher", "secret-of-the-watcher"
PREFIX = f"arn:aws:s3:::{BACKUPS}/status/*"
GETS = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [PREFIX]}
LISTS = {
    "Effect": "Allow",
    "Action": ["s3:ListBucket"],
    "Resource": [f"arn:aws:s3:::{BACKUPS}"],
    "Condition": {"StringLike": {"s3:prefix": ["status/*"]}},
}


@pytest.fixture(autouse=True)
def _bucket(store: Store) -> Iterator[None]:
    store.client().s3.make_bucket(BACKUPS)
    yield
    store.clean()


def client(store: Store, folder: Path, *statements: dict[str, Any]) -> Any:
    """Of a user who may do what the statements say."""
    administration = store.client().admin
    administration.user_add(WATCHER, SECRET)
    administration.policy_add(WATCHER, policy={"Version": "2012-10-17", "Statement": list(statements)})
    administration.policy_set(WATCHER, user=WATCHER)
    return backups_client(
        BackupSettings(
            bucket=BACKUPS,
            endpoint=f"https://127.0.0.1:{store.port}",
            region="us-east-1",
            credentials_file=str(key_file(folder, WATCHER, SECRET)),
            authority_file=str(store.authority),
            seconds=60,
        )
    )


def key_file(folder: Path, name: str, secret: str) -> Path:
    path = folder / name
    path.write_text(f"[default]\naws_access_key_id = {name}\naws_secret_access_key = {secret}\n")
    return path


def publish(store: Store, folder: Path, command: str) -> None:
    """Put a result where the program puts it."""
    target = TargetSettings.of(
        {
            "BACKUP_PLATFORM": "mlflow.test/mlflow",
            "BACKUP_TARGET_ENDPOINT": f"https://127.0.0.1:{store.port}",
            "BACKUP_TARGET_BUCKET": BACKUPS,
            "BACKUP_TARGET_REGION": "us-east-1",
            "BACKUP_TARGET_CREDENTIALS_FILE": str(key_file(folder, ROOT, ROOT_PASSWORD)),
            "BACKUP_TARGET_CA_FILE": str(store.authority),
        }
    ).target
    Bucket(target).put(status_key(command), Report(command).result().text().encode())


def series(metrics: list[Any]) -> set[tuple[str, str]]:
    return {(sample.name, sample.labels.get("command", "")) for metric in metrics for sample in metric.samples}


@pytest.mark.parametrize("statements", [(GETS,), (GETS, LISTS)], ids=["gets", "gets and lists"])
def test_what_was_never_run_is_no_failure_to_a_key_that_sees_the_results(
    store: Store, tmp_path: Path, statements: tuple[dict[str, Any], ...]
) -> None:
    watcher = client(store, tmp_path, *statements)
    assert series(look_at_backups(watcher, BACKUPS)) == set()

    publish(store, tmp_path, "verify")
    assert series(look_at_backups(watcher, BACKUPS)) == {
        ("mlflow_backup_last_run_success", "verify"),
        ("mlflow_backup_last_run_timestamp_seconds", "verify"),
    }


def test_a_key_that_may_see_nothing_is_a_failure(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, "create")
    elsewhere = {**GETS, "Resource": [f"arn:aws:s3:::{BACKUPS}/objects/*"]}

    with pytest.raises(ClientError, match="AccessDenied"):
        look_at_backups(client(store, tmp_path, elsewhere), BACKUPS)


def test_the_key_gets_no_backup_and_puts_and_deletes_nothing(store: Store, tmp_path: Path) -> None:
    publish(store, tmp_path, "create")
    store.client().s3.put_object(BACKUPS, "objects/00/secret.age", io.BytesIO(b"x"), 1)
    watcher = client(store, tmp_path, GETS)
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: watcher.get_object(Bucket=BACKUPS, Key="objects/00/secret.age"),
        lambda: watcher.put_object(Bucket=BACKUPS, Key="status/create.ok.json", Body=json.dumps({"ok": True})),
        lambda: watcher.delete_object(Bucket=BACKUPS, Key="status/create.json"),
        lambda: watcher.list_objects_v2(Bucket=BACKUPS),
    )

    for attempt in attempts:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()


def test_the_pod_reads_the_backups_by_a_key_of_its_own_while_the_database_is_away(store: Store, tmp_path: Path) -> None:
    store.client().s3.make_bucket(ARTIFACTS)
    client(store, tmp_path, GETS)
    publish(store, tmp_path, "create")
    away = DatabaseConnection(
        host="127.0.0.1",
        port=free_port(),
        database="mlflow",
        user="mlflow_reader",
        password=pulumi.Output.secret("unused"),
        ssl_mode="disable",
        ca_certificate=None,
        peers=[],
    )
    given = args(away, opened(store, ARTIFACTS, (ROOT, ROOT_PASSWORD)), opened(store, BACKUPS, (WATCHER, SECRET)))

    (tmp_path / "pod").mkdir()
    with running(given, tmp_path / "pod") as exporter:
        seen = exporter.until(lambda series: series.get('mlflow_exporter_source_up{source="backups"}') == 1)
        store.client().s3.put_object(BACKUPS, "status/create.json", io.BytesIO(b"{"), 1)
        exporter.until(lambda series: 'mlflow_backup_last_run_success{command="create"}' not in series)
        errors = {line["error"] for line in exporter.lines() if line.get("source") == "backups" and "error" in line}

    assert seen['mlflow_backup_last_run_success{command="create"}'] == 1
    assert seen['mlflow_exporter_source_up{source="database"}'] == 0
    assert [error for error in errors if not error.startswith("NoResultError: status/create.json is not JSON: ")] == []
    assert errors
    assert SECRET not in exporter.log.read_text()
