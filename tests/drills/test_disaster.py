"""Database and bucket are lost, and come back from the newest backup by the documented commands.

What it came to is printed and kept in the report of the drills: how old the data was at the loss (RPO), how long it
took from the loss until clients were served again (RTO), and what was compared.
"""

from __future__ import annotations

import json
import time
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from psycopg import sql

from sandbox import backup_keys, rehearsal, stack
from sandbox.ballast import Amount, Experiment, fill
from tests import runbook
from tests.drills.drill import REPORT
from tests.integration import backends
from tests.integration.load import Load, Target
from tests.rehearsal import backups
from tests.rehearsal.conftest import HOST, machine_headers, service_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

AMOUNTS = {
    False: Amount(runs=500, objects=32, object_bytes=1 << 20),
    True: Amount(runs=10_000, objects=1000, object_bytes=1 << 20),
}
"""By whether the drills are run in full: 10,000 runs and 1 GB."""
SAMPLED_RUNS = 20


@pytest.fixture
def load() -> Iterator[Load]:
    """Clients outside, who come through the edge with a token."""
    (token, *_) = service_tokens().values()
    with Load(Target(f"https://{HOST}", headers=machine_headers(token), trusted=str(stack.CA_FILE))) as clients:
        yield clients


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Somebody who reads through the edge, with a token."""
    (token, *_) = service_tokens().values()
    headers, address = machine_headers(token), f"https://{HOST}"
    trusted = str(stack.CA_FILE)
    with httpx.Client(base_url=address, headers=headers, verify=trusted, trust_env=False, timeout=60) as reader:
        yield reader


def counts() -> dict[str, int]:
    """Rows by table."""
    with rehearsal.database_administration(backends.DATABASE) as database:
        tables = database.execute("SELECT relname FROM pg_stat_user_tables ORDER BY 1").fetchall()
        return {
            name: database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchall()[0][0]
            for (name,) in tables
        }


def lose_everything() -> None:
    """The database and the bucket are gone, with whoever was at work on them."""
    with rehearsal.database_administration("postgres") as database:
        database.execute(f"DROP DATABASE {backends.DATABASE} WITH (FORCE)")
    store = backends.object_store(backends.administrator_key())
    versions = store.list_objects(backends.BUCKET, recursive=True, include_version=True)
    for each in versions:
        store.remove_object(backends.BUCKET, str(each.object_name), version_id=each.version_id)
    store.remove_bucket(backends.BUCKET)


def experiment(client: httpx.Client, name: str) -> Experiment:
    number = client.post("/api/2.0/mlflow/experiments/create", json={"name": name}).raise_for_status().json()
    found = client.get("/api/2.0/mlflow/experiments/get", params=number).raise_for_status().json()["experiment"]
    return Experiment(found["experiment_id"], found["artifact_location"])


def test_a_lost_database_and_bucket_come_back_from_the_newest_backup(
    client: httpx.Client, load: Load, pytestconfig: pytest.Config
) -> None:
    amount = AMOUNTS[pytestconfig.getoption("--full")]
    filled = experiment(client, f"disaster-{time.time_ns()}")
    store = backends.object_store(backends.administrator_key())
    with rehearsal.database_administration(backends.DATABASE) as database:
        fill(database, store, backends.BUCKET, filled, amount)

    load.wait_for_progress()
    saved = {number: deepcopy(run) for number, run in list(load.runs.items()) if run.artifacts}
    made = backups.run(backups.TEMPLATES["create"])[0]
    load.wait_for_progress()  # what is written after the backup, and lost
    load.stop()

    lost = time.time()
    lose_everything()
    runbook.run(
        *runbook.blocks("Disaster recovery"),
        environment=rehearsal.environment() | {"IDENTITY": str(backup_keys.OWNERS)},
    )
    runs = _search(client, filled.number)
    served = time.time()

    assert len(runs) == SAMPLED_RUNS
    for run in runs[:3]:
        assert {each["key"] for each in run["data"]["params"]} == {f"param-{n}" for n in range(1, amount.params + 1)}
    load.runs = saved
    assert load.lost() == []
    found = counts()
    assert found["runs"] >= amount.runs + len(saved)
    objects = sum(1 for _ in store.list_objects(backends.BUCKET, prefix=f"{filled.number}/", recursive=True))
    assert objects == amount.objects
    _report(made, amount, rpo=lost - _unix(made["created"]), rto=served - lost, runs=found["runs"])


def test_a_damaged_backup_is_refused_and_the_platform_serves_on(client: httpx.Client) -> None:
    made = backups.run(backups.TEMPLATES["create"])[0]
    store = backends.object_store(backends.administrator_key())
    dump = next(
        str(each.object_name)
        for each in store.list_objects(backups.BUCKET, prefix=f"backups/{made['id']}/", recursive=True)
        if str(each.object_name).endswith("database.dump.age")
    )
    before = counts()
    store.remove_object(backups.BUCKET, dump)

    refused = backups.restore(BACKUP=made["id"])

    assert refused.returncode != 0
    assert "is damaged" in refused.stderr
    assert counts() == before
    client.get("/api/2.0/mlflow/experiments/search?max_results=1").raise_for_status()


def _search(client: httpx.Client, number: str) -> list[dict[str, Any]]:
    asked = {"experiment_ids": [number], "max_results": SAMPLED_RUNS}
    found: list[dict[str, Any]] = (
        client.post("/api/2.0/mlflow/runs/search", json=asked).raise_for_status().json()["runs"]
    )
    return found


def _unix(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _report(made: dict[str, Any], amount: Amount, *, rpo: float, rto: float, runs: int) -> None:
    line = json.dumps(
        {
            "drill": "disaster",
            "rpo_seconds": round(rpo, 1),
            "rto_seconds": round(rto, 1),
            "runs": runs,
            "objects": made["objects"],
            "artifact_mib": round(made["details"]["artifact_bytes"] / 2**20),
            "filled": {"runs": amount.runs, "mib": amount.objects * amount.object_bytes >> 20},
        }
    )
    with REPORT.open("a") as report:
        report.write(line + "\n")
    print(line)
