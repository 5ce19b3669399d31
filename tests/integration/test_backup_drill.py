"""`drill` proves a restore and leaves nothing behind, whatever comes of it."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from mlflow_backup.commands.drill import DATABASES, LOCK
from tests.integration.backup_content import backup, filled, mlflow_environment
from tests.integration.backup_stage import ARTIFACTS, BACKUPS, RESTORED, Stage, stage
from tests.integration.moment_stage import until
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

__all__ = ["backup", "filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

DRILL = ("drill", "--database-service", "drill")
SERVER = (
    f"{sys.executable} -m mlflow server --host 127.0.0.1 --port {{port}} --workers 1"
    " --backend-store-uri postgresql+psycopg2:///{database}?service={service}"
    " --artifacts-destination s3://{bucket}/{prefix}"
)


def scratch(stage: Stage) -> tuple[list[str], list[str]]:
    databases = stage.postgres.run("SELECT datname FROM pg_database WHERE datname LIKE 'mlflow_drill%'")
    return [name for (name,) in databases], list(stage.keys(RESTORED, "drill/"))


def test_a_good_backup_passes_and_nothing_stays(filled: Stage, backup: str) -> None:
    result = filled.succeed(*DRILL, "--sample", "5")

    assert result["id"] >= backup
    assert result["details"]["artifacts_restored"] == len(filled.keys(ARTIFACTS))
    assert result["details"]["artifacts_checked"] == 5
    assert {"check", "artifacts", "database", "compare"} <= result["phases"].keys()
    assert scratch(filled) == ([], [])
    assert json.loads(filled.get(BACKUPS, "status/drill.ok.json"))["id"] == result["id"]


@pytest.mark.timeout(300)
def test_mlflow_starts_on_what_was_restored_and_knows_its_runs(filled: Stage, backup: str) -> None:
    found = mlflow_environment(filled)
    result = filled.succeed(*DRILL, backup, "--server-command", SERVER, PATH=found["PATH"])

    assert result["details"]["server"] == {"experiments": 2, "runs": 3}
    assert scratch(filled) == ([], [])


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("no-such-program", 2, "'no-such-program' cannot be started"),
        ("mlflow {prot}", 2, "--server-command cannot be read: 'prot'"),
        ("sh -c 'echo no such module; exit 3'", 1, "MLflow did not start on the restored database: no such module"),
    ],
)
def test_a_server_that_does_not_start_fails_the_drill_and_nothing_stays(
    filled: Stage, backup: str, command: str, code: int, message: str
) -> None:
    outcome = filled.run(*DRILL, backup, "--server-command", command)

    assert outcome.code == code
    assert message in outcome.message
    assert scratch(filled) == ([], [])


def test_a_damaged_backup_fails_the_drill_and_nothing_stays(filled: Stage, backup: str) -> None:
    made = filled.succeed("create")["id"]
    filled.remove(BACKUPS, f"backups/{made}/artifacts.jsonl.gz.age")
    try:
        outcome = filled.run(*DRILL)
    finally:
        filled.remove(BACKUPS, f"backups/{made}/manifest.json")

    assert (outcome.code, outcome.reason) == (3, "damaged")
    assert scratch(filled) == ([], [])
    assert filled.succeed(*DRILL)["id"] == backup


def test_what_a_killed_drill_left_is_removed_by_the_next(filled: Stage, backup: str) -> None:
    with gate_to(filled.store) as gate:
        rule = gate.rule(r"PUT /mlflow-restored/drill/.*", hold=True, after=5)
        place = {"BACKUP_RESTORE_ENDPOINT": gate.endpoint, "BACKUP_RESTORE_CA_FILE": None}
        process = filled.start(*DRILL, backup, **place)
        rule.wait()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    databases, objects = scratch(filled)
    assert len(databases) == 1
    assert objects

    filled.succeed(*DRILL)

    assert scratch(filled) == ([], [])


def test_a_scratch_that_postgresql_is_cleaning_up_at_that_moment_goes_too(filled: Stage, backup: str) -> None:
    database = f"{DATABASES}0123abcd"
    filled.postgres.run(f"CREATE DATABASE {database} OWNER mlflow_drill", "ALTER SYSTEM SET autovacuum_naptime = 1")
    filled.postgres.run(
        "CREATE TABLE rows (number int) WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,"
        " autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)",
        "INSERT INTO rows SELECT generate_series(1, 500000)",
        "DELETE FROM rows WHERE number % 2 = 0",
        "SELECT pg_reload_conf()",
        database=database,
    )
    at_work = "SELECT datname FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
    try:
        until(lambda: (database,) in filled.postgres.run(at_work), "no autovacuum has come")
        filled.succeed(*DRILL, backup)
    finally:
        filled.postgres.run("ALTER SYSTEM RESET autovacuum_naptime", "SELECT pg_reload_conf()")

    assert scratch(filled) == ([], [])


def test_told_to_stop_a_drill_removes_its_scratch(filled: Stage, backup: str) -> None:
    with gate_to(filled.store) as gate:
        rule = gate.rule(r"PUT /mlflow-restored/drill/.*", hold=True, after=5)
        place = {"BACKUP_RESTORE_ENDPOINT": gate.endpoint, "BACKUP_RESTORE_CA_FILE": None}
        process = filled.start(*DRILL, backup, **place)
        rule.wait()
        process.terminate()
        gate.release()
        process.communicate(timeout=60)

    assert process.returncode == 143
    assert scratch(filled) == ([], [])


def test_one_drill_at_a_time(filled: Stage, backup: str) -> None:
    assert backup
    with filled.postgres.session("postgres") as session:
        session.execute(f"SELECT pg_advisory_lock({LOCK})")
        outcome = filled.run(*DRILL)

    assert (outcome.code, outcome.reason) == (4, "locked")


def test_the_artifact_bucket_is_no_place_for_a_drill(filled: Stage, backup: str) -> None:
    assert backup
    outcome = filled.run(*DRILL, **filled.bucket("RESTORE", "server"))

    assert (outcome.code, outcome.reason) == (2, "usage")
    assert "a drill needs one of its own" in outcome.message


def test_a_role_that_may_make_no_database_fails_the_drill(filled: Stage, backup: str) -> None:
    assert backup
    outcome = filled.run("drill", "--database-service", "owner")

    assert outcome.code == 1
    assert "permission denied to create database" in outcome.message
