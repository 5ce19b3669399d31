"""The garbage collection's program as its pod runs it, and a server with what people have deleted there.

None of it needs the sandbox: the stores are thrown away, and the components have set them up.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from mlflow.tracking import MlflowClient

from components.contracts import BucketAccess, DatabaseConnection
from components.garbage_collection import GarbageCollection, GarbageCollectionArgs
from components.garbage_collection.program import collection
from components.garbage_collection.program.settings import MESSAGE_FILE, Settings
from tests.integration.inventory_exporter_pod import SERVER_PASSWORD
from tests.integration.mlflow_server_here import NEW, serving
from tests.pod_files import lay_out
from tests.unit import engine as recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components.garbage_collection.program.outcome import Summary
    from tests.integration.inventory_exporter_pod import Stores

BUCKET = "mlflow-artifacts"
PATIENCE = 60.0  # seconds for one collection on a busy machine
DAY_MS = 86_400_000
MIN_DAYS = 30
EVERYTHING = "TRUNCATE experiments, runs, logged_models, registered_models CASCADE"
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = 'mlflow' AND wait_event_type = 'Lock'"


@dataclass(frozen=True)
class Ended:
    """What a collection has left."""

    code: int
    summary: dict[str, Any]
    """What Kubernetes shows as the container's termination message."""
    log: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]


@dataclass(frozen=True)
class Attempt:
    """A collection that is under way."""

    process: subprocess.Popen[bytes]
    message: Path
    log: Path

    def end(self) -> Ended:
        code = self.process.wait(PATIENCE)
        summary = json.loads(self.message.read_text()) if self.message.exists() else {}
        return Ended(code, summary, self.log.read_text())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Platform:
    """A server on the stores, and the CronJob's pod."""

    stores: Stores
    client: MlflowClient
    variables: dict[str, str]
    """By which MLflow finds the bucket, and keeps few connections."""
    command: list[str]
    environment: dict[str, str]
    folder: Path
    attempts: list[Attempt] = field(default_factory=list)

    def sql(self, statement: str, *values: object) -> list[Any]:
        """As an administrator, whose connections do not count against the role's limit."""
        with self.stores.postgres.session("mlflow") as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def experiment(self, name: str = "first") -> str:
        return str(self.client.create_experiment(name))

    def run(self, experiment: str, *, days: float | None) -> str:
        """A run with an artifact, deleted so many days ago; None leaves it active."""
        run_id = str(self.client.create_run(experiment).info.run_id)
        self.client.log_text(run_id, "some text", "deep/notes.txt")
        self.client.log_metric(run_id, "loss", 1.0)
        if days is not None:
            self.client.delete_run(run_id)
            self.sql("UPDATE runs SET deleted_time = %s WHERE run_uuid = %s", ago(days), run_id)
        return run_id

    def model(self, experiment: str, *, days: float | None) -> str:
        """A logged model, as a run."""
        made = self.client.create_logged_model(experiment, name="forest")
        place = made.artifact_location.removeprefix("mlflow-artifacts:/").lstrip("/")
        self.put(f"{place}/weights.bin")
        if days is not None:
            self.client.delete_logged_model(made.model_id)
            changed = "UPDATE logged_models SET last_updated_timestamp_ms = %s WHERE model_id = %s"
            self.sql(changed, ago(days), made.model_id)
        return str(made.model_id)

    def delete_experiment(self, experiment: str, *, days: float) -> None:
        self.client.delete_experiment(experiment)
        self.sql("UPDATE experiments SET last_update_time = %s WHERE experiment_id = %s", ago(days), experiment)
        self.sql("UPDATE runs SET deleted_time = %s WHERE experiment_id = %s", ago(days), experiment)

    def put(self, name: str) -> None:
        self.stores.store.client(*self.stores.server_key).s3.put_object(BUCKET, name, io.BytesIO(b"x"), 1)

    def runs(self) -> set[str]:
        return {run for (run,) in self.sql("SELECT run_uuid FROM runs")}

    def has_artifacts(self, thing: str) -> bool:
        listed = self.stores.store.client().s3.list_objects(BUCKET, recursive=True)
        return any(thing in str(item.object_name) for item in listed)

    def collect(self, stop: threading.Event | None = None, **differences: Any) -> Summary:
        """Collect within this process."""
        given: dict[str, Any] = {
            "uri": self.stores.uri,
            "bucket": BUCKET,
            "min_days": MIN_DAYS,
            "dry_run": False,
            "work_seconds": PATIENCE,
            "lock_seconds": 0.2,
            "turn_seconds": PATIENCE,
            "pause_seconds": 0.2,
        }
        return collection.run(Settings(**{**given, **differences}), stop or threading.Event())

    def start(self, **changed: str) -> Attempt:
        """Start a process as the pod does."""
        number = len(self.attempts)
        message, log = self.folder / f"message-{number}", self.folder / f"log-{number}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *self.command[1:]],
                cwd=self.folder,  # not this checkout, where Python would find the program's packages too
                env={**self.environment, "PATH": os.environ["PATH"], MESSAGE_FILE: str(message), **changed},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.attempts.append(Attempt(process, message, log))
        return self.attempts[-1]

    def until_blocked(self) -> None:
        """Wait until a removal stands behind a lock that a test holds."""
        end = time.monotonic() + PATIENCE
        while not self.sql(BLOCKED):
            assert time.monotonic() < end, [attempt.log.read_text() for attempt in self.attempts]
            time.sleep(0.1)


def ago(days: float) -> int:
    return round(time.time() * 1000 - days * DAY_MS)


@pytest.fixture(scope="module")
def platform(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("collection")
    made = recording.run(lambda: _component(stores))
    template = made.one("batch/v1:CronJob").spec["jobTemplate"]["spec"]["template"]
    pod = lay_out(template["spec"], made, folder / "pod")
    variables = {
        name: value
        for name, value in pod.environment.items()
        if name.startswith(("AWS_", "MLFLOW_S3_", "MLFLOW_BOTO_", "MLFLOW_SQLALCHEMYSTORE_"))
    }
    with serving(NEW, stores.uri, f"s3://{BUCKET}", folder, variables) as server:
        client = MlflowClient(tracking_uri=server.url, registry_uri=server.url)
        running = Platform(stores, client, variables, pod.command, pod.environment, folder)
        yield running
        for attempt in running.attempts:
            attempt.kill()


@pytest.fixture(autouse=True)
def clean(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process find the bucket, and leave nothing to the next test."""
    for name, value in platform.variables.items():
        monkeypatch.setenv(name, value)
    yield
    platform.sql(EVERYTHING)
    platform.stores.store.empty(BUCKET)


def _component(stores: Stores) -> dict[str, Any]:
    secret = pulumi.Output.secret
    GarbageCollection(
        "gc",
        GarbageCollectionArgs(
            namespace="data-platform",
            cron_job="mlflow-gc",
            image="mlflow:3.17.2",
            image_pull_secret=None,
            database=DatabaseConnection(
                host="127.0.0.1",
                port=stores.postgres.port,
                database="mlflow",
                user="mlflow",
                password=secret(SERVER_PASSWORD),
                ssl_mode="verify-full",
                ca_certificate=stores.postgres.authority.read_text(),
                peers=[],
            ),
            bucket=BucketAccess(
                bucket=BUCKET,
                endpoint=f"https://127.0.0.1:{stores.store.port}",
                region="us-east-1",
                access_key=secret(stores.server_key[0]),
                secret_key=secret(stores.server_key[1]),
                ca_certificate=stores.store.authority.read_text(),
                peers=[],
            ),
            schedule="17 1 * * *",
            min_days=MIN_DAYS,
            dry_run=False,
            deadline=300,
        ),
    )
    return {}
