"""The database comes back as it was at a moment, from the log that is streamed between two backups.

What a loss came to is printed and kept in the report of the drills, as in the drill of the newest backup alone.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from components.monitoring.rules import AlertName, Severity
from sandbox import rehearsal
from sandbox.ballast import Amount, fill
from sandbox.private_files import write_private
from tests import runbook
from tests.drills import faults, volumes
from tests.drills.drill import drill
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
from tests.integration.cluster import NAMESPACE, kubectl, wait_for
from tests.rehearsal import backups
from tests.rehearsal.conftest import configure
from tests.rehearsal.prometheus import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.integration.load import Load

pytestmark = pytest.mark.full

AMOUNT = Amount(runs=10_000, objects=1000, object_bytes=1 << 20)
COVERED_SECONDS = 300.0
CLAIM = "log-mlflow-point-in-time-0"
RECEIVER = "app.kubernetes.io/component=point-in-time"
ACTIVE = "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'mlflow_pitr' AND active"


@pytest.fixture(autouse=True)
def received() -> Iterator[None]:
    """The log is received for as long as the drill lasts."""
    before, begun = rehearsal.FILE.read_text(), time.time()
    with volumes.by_hand(CLAIM) as storage_class:
        configure(
            pointInTime=True,
            pointInTimeStorageClass=storage_class,
            databaseReplicationUser=rehearsal.LOG_RECEIVER,
        )
        rehearsal.pulumi("up", "--yes", "--skip-preview")
        wait_for(
            lambda: any(rule["name"] == AlertName.POINT_IN_TIME_BEHIND.value for rule in rules()),
            "Prometheus to read the rules of the log",
        )
        _wait_until_covered(begun)
        yield
        write_private(rehearsal.FILE, before)
        rehearsal.pulumi("up", "--yes", "--skip-preview")
    with rehearsal.database_administration("postgres") as database:
        # As docs/point-in-time.md asks of the server's administrator.
        wait_for(lambda: not database.execute(ACTIVE).fetchall(), "the receiver to be gone")
        database.execute("SELECT pg_drop_replication_slot('mlflow_pitr')")


def test_what_somebody_deleted_by_mistake_comes_back_as_of_the_moment_before(client: httpx.Client) -> None:
    made = experiment(client, f"moment-{time.time_ns()}")
    run = _log_run(client, made.number)
    moment = _now()
    client.post("/api/2.0/mlflow/experiments/delete", json={"experiment_id": made.number}).raise_for_status()
    later = experiment(client, f"later-{time.time_ns()}")
    mistake = time.time()
    _wait_until_covered(mistake)
    shipped = time.time()

    (block,) = [each for each in runbook.blocks("Restoring a backup") if "MOMENT=" in each]
    follow_the_runbook(f"MOMENT={moment}", block)
    served = time.time()

    assert [each["info"]["run_id"] for each in search(client, made.number)] == [run]
    found = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": later.number})
    assert found.status_code == 404
    # The log is received on, past the restored tables.
    restored = time.time()
    _wait_until_covered(restored)
    report(
        drill="moment", shipped_after_seconds=round(shipped - mistake, 1), restore_seconds=round(served - shipped, 1)
    )


def test_a_lost_database_and_bucket_come_back_as_of_the_moment_before(client: httpx.Client, load: Load) -> None:
    filled = experiment(client, f"disaster-{time.time_ns()}")
    store = backends.object_store(backends.administrator_key())
    with rehearsal.database_administration(backends.DATABASE) as database:
        fill(database, store, backends.BUCKET, filled, AMOUNT)
    load.wait_for_progress()
    with_artifacts = {number for number, run in list(load.runs.items()) if run.artifacts}
    made = backups.run(backups.TEMPLATES["create"])[0]
    load.wait_for_progress()
    load.stop()
    written, moment = time.time(), _now()
    _wait_until_covered(unix(moment))

    lost = time.time()
    lose_database()
    lose_bucket()
    stores, restoring, to_the_moment, rest = runbook.blocks(DISASTER)[1].splitlines()
    follow_the_runbook(f"MOMENT={moment}", stores, restoring, to_the_moment)
    search(client, filled.number)
    served = time.time()
    follow_the_runbook(rest)

    with rehearsal.database_administration(backends.DATABASE) as database:
        rows = database.execute("SELECT count(*) FROM runs WHERE experiment_id = %s::int", [filled.number]).fetchall()
    assert rows == [(AMOUNT.runs,)]
    # Every row is there, and the artifacts that the backup has: the log is of the database.
    for number, run in load.runs.items():
        if number not in with_artifacts:
            run.artifacts.clear()
    assert load.lost() == []
    objects = sum(1 for _ in store.list_objects(backends.BUCKET, prefix=f"{filled.number}/", recursive=True))
    assert objects == AMOUNT.objects
    report(
        drill="disaster, to a moment",
        covered_after_seconds=round(lost - written, 1),
        artifacts_from_seconds_before=round(written - unix(made["created"]), 1),
        rto_seconds=round(served - lost, 1),
        runs=counts()["runs"],
        objects=made["objects"],
        artifact_mib=round(made["details"]["artifact_bytes"] / 2**20),
    )


def test_a_receiver_of_the_log_that_is_gone_is_told_of() -> None:
    drill(faults.pods_that_do_not_come_back(RECEIVER), AlertName.POINT_IN_TIME_BEHIND, Severity.CRITICAL, last="old")


def test_a_receiver_whose_pod_is_replaced_goes_on_with_what_its_volume_holds() -> None:
    base = _status()["details"]["base"]
    kubectl("delete", "pod", f"--namespace={NAMESPACE}", f"--selector={RECEIVER}")
    replaced = time.time()

    _wait_until_covered(replaced)
    # A gap would have had it make another one at once.
    assert _status()["details"]["base"] == base


def _now() -> str:
    """A moment between two transactions, to the second that the log tells apart."""
    time.sleep(1.5)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    time.sleep(1.5)
    return now


def _log_run(client: httpx.Client, experiment_id: str) -> str:
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": experiment_id}).raise_for_status()
    return str(made.json()["run"]["info"]["run_id"])


def _status() -> dict[str, Any]:
    """What the receiver of the log tells of itself."""
    store = backends.object_store(backends.administrator_key())
    answer = store.get_object(backups.BUCKET, "status/pitr.json")
    status: dict[str, Any] = json.loads(answer.read())
    answer.release_conn()
    return status


def _wait_until_covered(moment: float) -> None:
    """Waits until the database could be had as of later than that, with no gap before it."""

    def covered() -> bool:
        status = _status()
        # Where it is in order, it tells how far it reaches.
        return status["ok"] and unix(status["details"]["covered_until"]) > moment

    wait_for(covered, "the log to be in the bucket", COVERED_SECONDS, found=_status)
