"""The exporter's program as its pod runs it, and a PostgreSQL and a MinIO that the components have set up for it.

None of it needs the sandbox: the servers are thrown away, and the administrator of PostgreSQL is no superuser.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from mlflow.tracking import MlflowClient

from components.contracts import BucketAccess, DatabaseConnection
from components.inventory_exporter import InventoryExporter, InventoryExporterArgs, RefreshArgs
from tests.integration.plugin_harness import Engine, Project, free_port
from tests.pod_files import lay_out
from tests.unit import engine as recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.plugin_minio import Store
    from tests.integration.plugin_postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
ADMINISTRATOR, ADMINISTRATOR_PASSWORD = "administrator", "staple-of-the-admin"
SERVER_PASSWORD, READER_PASSWORD = "correct-horse-server", "battery-of-the-reader"
LIMIT = 7
PATIENCE = 30.0  # seconds for the exporter to notice
PROGRAM = f"""
from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs
from components.backend_database import BackendDatabase, BackendDatabaseArgs, DatabaseReaderArgs

database = BackendDatabase("backend", BackendDatabaseArgs(
    host="127.0.0.1", port=5432, database="mlflow", user="mlflow", password={SERVER_PASSWORD!r},
    connection_limit={LIMIT}, ssl_mode="verify-full", ca_certificate=None, peers=[], protect=False,
    reader=DatabaseReaderArgs(user="mlflow_reader", password={READER_PASSWORD!r}),
), database_opts)
bucket = ArtifactBucket("artifacts", ArtifactBucketArgs(
    bucket="mlflow-artifacts", user="mlflow-artifacts", endpoint="https://127.0.0.1", region="us-east-1",
    noncurrent_days=30, ca_certificate=None, peers=[], protect=False, reader=True,
), opts)
keys = [bucket.access.access_key, bucket.access.secret_key, bucket.reader.access_key, bucket.reader.secret_key]
pulumi.export("keys", pulumi.Output.json_dumps(keys))
"""


@dataclass(frozen=True)
class Stores:
    """What the components made."""

    postgres: Postgres
    store: Store
    project: Project
    server_key: tuple[str, str]
    reader_key: tuple[str, str]

    @property
    def uri(self) -> str:
        """Of the database, as the server's role."""
        place = f"127.0.0.1:{self.postgres.port}/mlflow?sslmode=verify-full&sslrootcert={self.postgres.authority}"
        return f"postgresql+psycopg://mlflow:{SERVER_PASSWORD}@{place}"

    def as_reader(self) -> Any:
        return self.postgres.session("mlflow", "mlflow_reader", READER_PASSWORD)

    def as_server(self) -> Any:
        return self.postgres.session("mlflow", "mlflow", SERVER_PASSWORD)


@pytest.fixture(scope="module")
def stores(engine: Engine, postgres: Postgres, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    postgres.run(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEDB CREATEROLE PASSWORD '{ADMINISTRATOR_PASSWORD}'")
    database = postgres.header(username=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD, superuser=False)
    project = Project(engine, tmp_path_factory.mktemp("project"), f"{database}database_opts = opts\n{store.header()}")
    project.environment["PYTHONPATH"] = str(ROOT)
    project.program(PROGRAM)
    project.up()
    keys = json.loads(project.run("stack", "output", "keys", "--show-secrets"))
    made = Stores(postgres, store, project, server_key=(keys[0], keys[1]), reader_key=(keys[2], keys[3]))
    upgrade = [sys.executable, "-m", "mlflow", "db", "upgrade", made.uri]
    subprocess.run(upgrade, check=True, capture_output=True, timeout=300)
    return made


@pytest.fixture(scope="module")
def filled(stores: Stores) -> Stores:
    """Every kind of thing that MLflow may have: three runs of one experiment, and so on."""
    client = MlflowClient(tracking_uri=stores.uri, registry_uri=stores.uri)
    kept, dropped = (client.create_experiment(name, artifact_location="s3://unused") for name in ("kept", "dropped"))
    client.delete_experiment(dropped)
    ids = [client.create_run(kept).info.run_id for _ in range(4)]
    client.set_terminated(ids[0], "FINISHED")
    client.set_terminated(ids[1], "FAILED")
    client.set_terminated(ids[2], "FINISHED")
    client.delete_run(ids[2])
    for name in ("tree", "forest"):
        client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version("tree", source="s3://unused/model")
    client.delete_model_version("tree", "2")
    client.register_prompt(name="greeting", template="Hello")
    for number in range(3):
        stores.store.client(*stores.server_key).s3.put_object(
            "mlflow-artifacts", f"{number}", io.BytesIO(b"ten bytes."), 10
        )
    return stores


@dataclass(frozen=True)
class Exporter:
    """The program, as it runs in its pod."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def series(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {name: float(value) for name, _, value in samples}

    def until(self, seen: Callable[[dict[str, float]], bool]) -> dict[str, float]:
        """Scrape until the series are as expected; return them."""
        deadline = time.monotonic() + PATIENCE
        series: dict[str, float] = {}
        while time.monotonic() < deadline:
            try:
                series = self.series()
            except OSError:  # it does not listen yet
                series = {}
            if seen(series):
                return series
            time.sleep(0.1)
        raise AssertionError(f"the series stayed as they are: {series}\n{self.log.read_text()}")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def running(args: InventoryExporterArgs, folder: Path) -> Iterator[Exporter]:
    """Start what the component's pod would run, with its files below `folder` and its variables as environment."""

    def component() -> dict[str, Any]:
        InventoryExporter("exporter", args)
        return {}

    made = recording.run(component)
    pod = made.one("apps/v1:Deployment").spec["template"]["spec"]
    program = lay_out(pod, made, folder)
    port, log = free_port(), folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *program.command[1:]],
            cwd=folder,  # not this checkout, where Python would find the log's package too
            env={**program.environment, "EXPORTER_PORT": str(port), "PATH": os.environ["PATH"]},
            stdout=output,
            stderr=output,
            text=True,
        )
        try:
            yield Exporter(process, port, log)
        finally:
            process.kill()
            process.wait()


def of(stores: Stores) -> InventoryExporterArgs:
    """What the component is given to look at the stores."""
    database = DatabaseConnection(
        host="127.0.0.1",
        port=stores.postgres.port,
        database="mlflow",
        user="mlflow_reader",
        password=pulumi.Output.secret(READER_PASSWORD),
        ssl_mode="verify-full",
        ca_certificate=stores.postgres.authority.read_text(),
        peers=[],
    )
    return args(database, opened(stores.store, "mlflow-artifacts", stores.reader_key))


def args(
    database: DatabaseConnection, bucket: BucketAccess, backups: BucketAccess | None = None
) -> InventoryExporterArgs:
    """What the component is given to look at all of it every second."""
    return InventoryExporterArgs(
        namespace="data-platform",
        deployment="mlflow-exporter",
        image="mlflow:3.17.2",
        image_pull_secret=None,
        database=database,
        server_role="mlflow",
        bucket=bucket,
        refresh=RefreshArgs(database_seconds=1, bucket_seconds=1, bucket_pages=10, backups_seconds=1),
        metrics_peers=[],
        backups=backups,
    )


def opened(store: Store, bucket: str, key: tuple[str, str]) -> BucketAccess:
    """A bucket of the store, by a key."""
    return BucketAccess(
        bucket=bucket,
        endpoint=f"https://127.0.0.1:{store.port}",
        region="us-east-1",
        access_key=pulumi.Output.secret(key[0]),
        secret_key=pulumi.Output.secret(key[1]),
        ca_certificate=store.authority.read_text(),
        peers=[],
    )


@pytest.fixture(scope="module")
def exporter(filled: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with running(of(filled), tmp_path_factory.mktemp("pod")) as started:
        yield started
