"""The migration's program as its Job runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.contracts import BucketAccess, DatabaseConnection, ServiceAddress
from components.mlflow_server import (
    AccessArgs,
    ArtifactDelivery,
    MlflowServer,
    MlflowServerArgs,
    PublicPeers,
    ResourceArgs,
    ScalingArgs,
)
from components.mlflow_server.migration.settings import LOCK_SECONDS, MESSAGE_FILE, TABLE_SECONDS, URI
from tests.integration.server_databases import PASSWORD, PATIENCE, ROLE, until
from tests.pod_files import lay_out
from tests.unit import engine as recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.server_databases import Database


@dataclass(frozen=True)
class Ended:
    """What an attempt has left."""

    code: int
    message: str
    """What Kubernetes shows as the container's termination message."""
    log: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]


@dataclass(frozen=True)
class Attempt:
    """One that is under way."""

    process: subprocess.Popen[bytes]
    message: Path
    log: Path

    def until(self, told: str) -> None:
        """Waits until it has logged something."""
        end = time.monotonic() + PATIENCE
        while told not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def reach_the_middle(self, database: Database) -> None:
        """Waits until it stands in the middle of `database`, which stops migrations there."""
        until(lambda: database.has_stopped_one() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> Ended:
        code = self.process.wait(PATIENCE)
        return Ended(code, self.message.read_text() if self.message.exists() else "", self.log.read_text())


@dataclass
class MigrationPod:
    """The Job's pod: a database and an image's Python make an attempt of it."""

    command: list[str]
    environment: dict[str, str]
    folder: Path
    attempts: list[Attempt] = field(default_factory=list)

    def start(
        self, database: Database, *, python: str | Path = sys.executable, lock_seconds: int = 5, table_seconds: int = 2
    ) -> Attempt:
        number = len(self.attempts)
        message, log = self.folder / f"message-{number}", self.folder / f"log-{number}"
        changed = {
            "PATH": os.environ["PATH"],
            URI: database.uri,
            LOCK_SECONDS: str(lock_seconds),
            TABLE_SECONDS: str(table_seconds),
            MESSAGE_FILE: str(message),
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(python), *self.command[1:]],
                cwd=self.folder,  # not this checkout, where Python would find the program's packages too
                env={**self.environment, **changed},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.attempts.append(Attempt(process, message, log))
        return self.attempts[-1]

    def run(self, database: Database, *, python: str | Path = sys.executable) -> Ended:
        return self.start(database, python=python).end()


@pytest.fixture(scope="module")
def migration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MigrationPod]:
    folder = tmp_path_factory.mktemp("migration")
    made = recording.run(_component)
    laid_out = lay_out(made.called("mlflow-migration").spec["template"]["spec"], made, folder / "pod")
    pod = MigrationPod(laid_out.command, laid_out.environment, folder)
    yield pod
    for attempt in pod.attempts:
        attempt.kill()


def _component() -> dict[str, Any]:
    secret = pulumi.Output.secret
    MlflowServer(
        "mlflow",
        MlflowServerArgs(
            namespace="data-platform",
            service=ServiceAddress(name="mlflow", namespace="data-platform", port=5000),
            image="mlflow:3.17.2",
            image_pull_secret=None,
            database=DatabaseConnection(
                host="127.0.0.1",
                port=5432,
                database="mlflow",
                user=ROLE,
                password=secret(PASSWORD),
                ssl_mode="verify-full",
                ca_certificate=None,
                peers=[],
            ),
            bucket=BucketAccess(
                bucket="mlflow-artifacts",
                endpoint=None,
                region="us-east-1",
                access_key=secret("key"),
                secret_key=secret("secret-key"),
                ca_certificate=None,
                peers=[],
            ),
            artifact_delivery=ArtifactDelivery.PROXIED,
            resources=ResourceArgs(
                cpu_request="1", cpu_limit="1", memory_request="1Gi", memory_limit="1Gi", tmp_size="1Gi"
            ),
            scaling=ScalingArgs(replicas=1, max_replicas=0, cpu_percent=80, workers=1, pool_size=1, max_overflow=1),
            migration_deadline=300,
            access=AccessArgs(
                public_host="mlflow.local",
                origins=[],
                extra_hosts=[],
                public_peers=PublicPeers(name="ingress", peers=[]),
                client_peers=[],
                clients_confined=False,
                metrics_peers=[],
            ),
        ),
    )
    return {}
