"""How much longer a backup and a restore take than the floor: pg_dump, pg_restore and a plain copy of the objects.

The floor is without encryption, checksums, comparison or a manifest, by the same PostgreSQL's own programs and as many
transfers at one time, on the node and not in a pod.
"""

from __future__ import annotations

import io
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import urllib3
from minio import Minio

from sandbox import jobs, network, rehearsal, stack
from sandbox.ballast import Amount, Experiment, fill
from sandbox.benchmarks.figures import emit
from sandbox.parts import minio

if TYPE_CHECKING:
    from collections.abc import Iterator

AMOUNT = Amount(runs=5000, objects=300, object_bytes=1 << 20)
TRANSFERS = 8
"""At one time, as the backup program has by default."""
DATABASE, SCRATCH_DATABASE = "mlflow", "bench_restored"
BUCKET, SCRATCH_BUCKET = "mlflow-artifacts", "bench-copied"


def measure() -> None:
    """Fills the rehearsed production, backs it up, restores it by the drill, and does the same by hand."""
    os.environ.update(rehearsal.environment())
    store = Minio(
        f"{network.NODE_ADDRESS}:{minio.PORT}",
        access_key=minio.ADMIN_USER,
        secret_key=minio.admin_password(stack.SECRETS),
        region="us-east-1",
        http_client=urllib3.PoolManager(ca_certs=str(stack.CA_FILE), maxsize=TRANSFERS),
    )
    with rehearsal.database_administration(DATABASE) as database:
        fill(database, store, BUCKET, _experiment(), AMOUNT)
    made = _result("mlflow-backup")
    restored = _result("mlflow-backup-drill")
    with TemporaryDirectory() as folder:
        floor = _floor(store, Path(folder) / "database.dump")
    dump, copy, load = floor["pg_dump"], floor["copy"], floor["pg_restore"]
    mib = made["details"]["artifact_bytes"] / 2**20
    emit("floor of backup and restore", **{name: round(seconds, 2) for name, seconds in floor.items()}, mib=round(mib))
    emit(
        "backup",
        seconds=made["duration_seconds"],
        mib_a_second=round(mib / made["phases"]["artifacts"], 1),
        dump_ratio=round(made["phases"]["dump"] / dump, 2),
        artifacts_ratio=round(made["phases"]["artifacts"] / copy, 2),
        ratio=round(made["duration_seconds"] / (dump + copy), 2),
    )
    emit(
        "restore, by the drill",
        seconds=restored["duration_seconds"],
        database_ratio=round(restored["phases"]["database"] / load, 2),
        artifacts_ratio=round(restored["phases"]["artifacts"] / copy, 2),
        ratio=round((restored["phases"]["database"] + restored["phases"]["artifacts"]) / (load + copy), 2),
        checks_seconds=round(restored["phases"]["check"] + restored["phases"]["compare"], 1),
    )


def _experiment() -> Experiment:
    """An experiment that the server makes, asked inside its own pod."""
    name = f"bench-{time.time_ns()}"
    text = jobs.Cluster(rehearsal.NAMESPACE).run(
        "exec",
        "deployment/mlflow",
        "--",
        "python3",
        "-c",
        "import sys, mlflow; c = mlflow.MlflowClient('http://127.0.0.1:5000'); n = c.create_experiment(sys.argv[1]); "
        "print(n, c.get_experiment(n).artifact_location)",
        name,
    )
    number, location = text.split()
    return Experiment(number, location)


def _result(template: str) -> dict[str, Any]:
    cluster = jobs.Cluster(rehearsal.NAMESPACE)
    return jobs.results(jobs.finish(cluster, jobs.begin(cluster, template)))[0]


def _floor(store: Minio, dump: Path) -> dict[str, float]:
    seconds: dict[str, float] = {}
    with _timed(seconds, "pg_dump"):
        _postgresql("pg_dump", "--format=custom", f"--file={dump}", DATABASE)
    _postgresql("createdb", SCRATCH_DATABASE)
    try:
        with _timed(seconds, "pg_restore"):
            _postgresql("pg_restore", "--no-owner", "--no-privileges", f"--dbname={SCRATCH_DATABASE}", str(dump))
    finally:
        _postgresql("dropdb", SCRATCH_DATABASE)
    store.make_bucket(SCRATCH_BUCKET)
    keys = [str(each.object_name) for each in store.list_objects(BUCKET, recursive=True)]

    def copy(key: str) -> None:
        answer = store.get_object(BUCKET, key)
        try:
            content = answer.read()
        finally:
            answer.release_conn()
        store.put_object(SCRATCH_BUCKET, key, io.BytesIO(content), len(content))

    with ThreadPoolExecutor(TRANSFERS) as pool:
        with _timed(seconds, "copy"):
            list(pool.map(copy, keys))
        list(pool.map(lambda key: store.remove_object(SCRATCH_BUCKET, key), keys))
    store.remove_bucket(SCRATCH_BUCKET)
    return seconds


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    seconds[name] = time.monotonic() - begun


def _postgresql(program: str, *words: str) -> None:
    subprocess.run([program, *words], env=os.environ | stack.database_administrator(), check=True)
