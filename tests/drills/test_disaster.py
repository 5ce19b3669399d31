"""Database and bucket are lost, and come back from the newest backup by the documented commands.

What it came to is printed and kept in the report of the drills: how old the data was at the loss (RPO), how long it
took from the loss until clients were served again (RTO), and how much there was.
"""

from __future__ import annotations

import time
from copy import deepcopy
from typing import TYPE_CHECKING

from sandbox import rehearsal
from sandbox.ballast import Amount, fill
from tests import runbook
from tests.drills.losses import (
    DISASTER,
    counts,
    experiment,
    follow_the_runbook,
    lose_bucket,
    lose_database,
    report,
    search,
    unix,
)
from tests.integration import backends
from tests.rehearsal import backups

if TYPE_CHECKING:
    import httpx
    import pytest

    from tests.integration.load import Load

AMOUNTS = {
    False: Amount(runs=500, objects=32, object_bytes=1 << 20),
    True: Amount(runs=10_000, objects=1000, object_bytes=1 << 20),
}
"""By whether the drills are run in full: 10,000 runs and 1 GB."""
SAMPLED_RUNS = 20


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
    lose_database()
    lose_bucket()
    stores, restoring, rest = runbook.blocks(DISASTER)[0].splitlines()
    follow_the_runbook(stores, restoring)
    runs = search(client, filled.number, max_results=SAMPLED_RUNS)
    served = time.time()
    follow_the_runbook(rest)

    assert len(runs) == SAMPLED_RUNS
    for run in runs[:3]:
        assert {each["key"] for each in run["data"]["params"]} == {f"param-{n}" for n in range(1, amount.params + 1)}
    load.runs = saved
    assert load.lost() == []
    found = counts()
    assert found["runs"] >= amount.runs + len(saved)
    objects = sum(1 for _ in store.list_objects(backends.BUCKET, prefix=f"{filled.number}/", recursive=True))
    assert objects == amount.objects
    report(
        drill="disaster",
        rpo_seconds=round(lost - unix(made["created"]), 1),
        rto_seconds=round(served - lost, 1),
        runs=found["runs"],
        objects=made["objects"],
        artifact_mib=round(made["details"]["artifact_bytes"] / 2**20),
        backup_seconds=made["duration_seconds"],
    )


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
