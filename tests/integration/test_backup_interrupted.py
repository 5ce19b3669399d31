"""A backup that is killed, stopped, locked out or disturbed: never half a backup, and the next one works."""

from __future__ import annotations

import json
import re
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from components.database_session.lock import WHOLE_DATABASE
from tests.integration.backup_content import backup, filled
from tests.integration.backup_stage import ARTIFACTS, BACKUPS, Stage, stage
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

__all__ = ["backup", "filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

PATIENCE = 20  # seconds
POINTS = {
    "before anything": r"PUT /mlflow-backups/backups/.*/started\.json",
    "in the dump": r"PUT /mlflow-backups/backups/.*/database\.dump\.age",
    "among the artifacts": r"(PUT|POST) /mlflow-backups/objects/.*",
    "before the list of objects": r"PUT /mlflow-backups/backups/.*/objects\.txt\.gz",
    "before the inventory": r"PUT /mlflow-backups/backups/.*/artifacts\.jsonl\.gz\.age",
    "before the manifest": r"PUT /mlflow-backups/backups/.*/manifest\.json",
}


@contextmanager
def new_artifacts(stage: Stage, number: int = 12) -> Iterator[list[str]]:
    """Some that no backup holds yet."""
    keys = [f"9/{time.monotonic_ns()}/artifacts/{index}.txt" for index in range(number)]
    for key in keys:
        stage.put(ARTIFACTS, key, key.encode())
    try:
        yield keys
    finally:
        for key in keys:
            stage.remove(ARTIFACTS, key)


def finished(stage: Stage) -> list[str]:
    return [row["id"] for row in stage.listed() if row["state"] != "unfinished"]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, log = process.communicate(timeout=60)
    return process.returncode, output + log


def free_of_sessions(stage: Stage) -> bool:
    question = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'mlflow_backup'"
    return bool(stage.postgres.run(question)[0][0] == 0)


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_backup_does_not_exist_and_the_next_one_does(filled: Stage, backup: str, point: str) -> None:
    before = finished(filled)
    with new_artifacts(filled), gate_to(filled.store) as gate:
        rule = gate.rule(POINTS[point], hold=True, after=5 if point == "among the artifacts" else 0)
        process = filled.start("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        rule.wait()
        process.send_signal(signal.SIGKILL)
        ended(process)

        assert finished(filled) == before
        until(lambda: free_of_sessions(filled))
        assert filled.succeed("verify", BACKUP_IDENTITY_FILE=None)["id"] == before[0] >= backup
        after = filled.succeed("create")
    assert finished(filled) == [after["id"], *before]
    assert filled.succeed("verify", "--deep")["id"] == after["id"]


def test_what_a_killed_backup_has_copied_is_not_copied_again(filled: Stage, backup: str) -> None:
    assert backup
    with new_artifacts(filled, 20) as keys, gate_to(filled.store) as gate:
        rule = gate.rule(POINTS["before the list of objects"], hold=True)
        process = filled.start("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        rule.wait()
        process.kill()
        ended(process)
        result = filled.succeed("create")
        content = filled.succeed("verify", "--deep")

    assert result["details"]["new_objects"] == 0
    assert content["objects"] >= len(keys)


@pytest.mark.parametrize("point", ["in the dump", "among the artifacts", "before the inventory"])
def test_told_to_stop_it_ends_at_once_and_leaves_no_backup(filled: Stage, backup: str, point: str) -> None:
    before = finished(filled)
    with new_artifacts(filled), gate_to(filled.store) as gate:
        rule = gate.rule(POINTS[point], hold=True)
        process = filled.start("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        rule.wait()
        process.send_signal(signal.SIGTERM)
        gate.release()
        code, said = ended(process)

    assert code == 143, said
    assert '"reason": "stopped"' in said
    assert finished(filled) == before
    assert backup in before
    assert free_of_sessions(filled)


def test_while_another_holds_the_lock_it_asks_to_come_again(filled: Stage, backup: str) -> None:
    assert backup
    with filled.postgres.session("mlflow") as session:
        session.execute(f"SELECT pg_advisory_lock({WHOLE_DATABASE})")
        for arguments in (("create",), ("restore", "--database-service", "owner", "--replace")):
            outcome = filled.run(*arguments)
            assert (outcome.code, outcome.reason) == (4, "locked")
            assert "come again" in outcome.message


def test_two_backups_at_once_are_one_backup(filled: Stage, backup: str) -> None:
    before = finished(filled)
    with gate_to(filled.store) as gate:
        rule = gate.rule(POINTS["before the manifest"], hold=True)
        process = filled.start("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        rule.wait()
        assert filled.run("create").reason == "locked"
        gate.release()
        assert ended(process)[0] == 0

    assert len(finished(filled)) == len(before) + 1
    assert backup in before


@pytest.mark.parametrize(
    "changed",
    [
        {"BACKUP_SOURCE_ENDPOINT": "http://127.0.0.1:9"},
        {"BACKUP_TARGET_ENDPOINT": "http://127.0.0.1:9"},
        {"PGSERVICE": "away"},
    ],
    ids=str,
)
def test_a_server_that_is_away_is_a_reason_to_come_again(filled: Stage, changed: dict[str, str]) -> None:
    services = (filled.folder / "services").read_text()
    (filled.folder / "services").write_text(f"{services}[away]\nhost=127.0.0.1\nport=9\nuser=x\ndbname=x\n")

    outcome = filled.run("create", **changed)

    assert (outcome.code, outcome.reason) == (4, "unreachable")


def test_a_database_that_mlflow_has_never_used_has_nothing_to_back_up(filled: Stage) -> None:
    filled.fresh_database("restored")
    before = filled.keys(BACKUPS, "status/")

    outcome = filled.run("create", PGSERVICE="restored")
    asked = filled.run("create", "--if-any", "--verify", PGSERVICE="restored")

    assert (outcome.code, outcome.reason) == (5, "nothing")
    assert (asked.code, asked.reason) == (0, "nothing")
    # The last backup of a platform that has data is still the last one.
    assert filled.keys(BACKUPS, "status/") == before


def test_a_table_that_cannot_be_read_fails_the_backup(filled: Stage, backup: str) -> None:
    before = finished(filled)
    filled.postgres.run("REVOKE SELECT ON runs FROM mlflow_backup", database="mlflow")
    try:
        outcome = filled.run("create")
    finally:
        filled.postgres.run("GRANT SELECT ON runs TO mlflow_backup", database="mlflow")

    assert outcome.code == 1
    assert "permission denied for table runs" in outcome.message
    assert finished(filled) == before
    assert backup in before


def test_a_dump_that_fails_leaves_no_object(filled: Stage, backup: str) -> None:
    """Sequences are read by pg_dump alone, after its output has begun."""
    before = finished(filled)
    ((sequence,),) = filled.postgres.run(
        "SELECT relname FROM pg_class WHERE relkind = 'S' ORDER BY 1 LIMIT 1", database="mlflow"
    )
    filled.postgres.run(f"REVOKE ALL ON SEQUENCE {sequence} FROM mlflow_backup", database="mlflow")
    try:
        outcome = filled.run("create")
    finally:
        filled.postgres.run(f"GRANT SELECT ON SEQUENCE {sequence} TO mlflow_backup", database="mlflow")

    assert (outcome.code, outcome.reason) == (1, "dump")
    assert f"permission denied for sequence {sequence}" in outcome.message
    assert finished(filled) == before
    assert f"backups/{outcome.result['id']}/database.dump.age" not in filled.keys(BACKUPS)
    assert backup in before


def test_an_artifact_that_is_deleted_meanwhile_makes_the_backup_incomplete(filled: Stage, backup: str) -> None:
    with new_artifacts(filled, 3) as keys, gate_to(filled.store) as gate:
        gate.rule(rf"GET /mlflow-artifacts/{keys[1]}", before=lambda: filled.remove(ARTIFACTS, keys[1]))
        outcome = filled.run("create", BACKUP_SOURCE_ENDPOINT=gate.endpoint, BACKUP_SOURCE_CA_FILE=None)
        made = outcome.result["id"]

        assert (outcome.code, outcome.reason) == (1, "vanished")
        assert next(row for row in filled.listed() if row["id"] == made)["state"] == "incomplete"
        assert keys[1] not in filled.get(BACKUPS, f"backups/{made}/manifest.json").decode()
        filled.fresh_database("restored")
        refused = filled.run("restore", made, "--database-service", "restored")
        assert (refused.code, refused.reason) == (3, "incomplete")
        assert filled.succeed("restore", made, "--database-service", "restored", "--incomplete")["id"] == made
        assert filled.succeed("create")["id"] > made > backup


def test_an_artifact_that_is_replaced_meanwhile_is_backed_up_as_it_is_then(filled: Stage, backup: str) -> None:
    assert backup
    with new_artifacts(filled, 3) as keys, gate_to(filled.store) as gate:
        gate.rule(rf"GET /mlflow-artifacts/{keys[1]}", before=lambda: filled.put(ARTIFACTS, keys[1], b"other content"))
        filled.succeed("create", BACKUP_SOURCE_ENDPOINT=gate.endpoint, BACKUP_SOURCE_CA_FILE=None)
        filled.fresh_database("restored")
        place = filled.bucket("RESTORE", "restored")
        filled.succeed("restore", "--database-service", "restored", "--replace", **place)

        assert filled.get("mlflow-restored", keys[1]) == b"other content"


def test_a_connection_that_breaks_in_the_middle_of_an_artifact_is_tried_again(filled: Stage, backup: str) -> None:
    assert backup
    with new_artifacts(filled, 3) as keys, gate_to(filled.store) as gate:
        rule = gate.rule(rf"GET /mlflow-artifacts/{re.escape(keys[0])}", cut=True)
        filled.succeed("create", BACKUP_SOURCE_ENDPOINT=gate.endpoint, BACKUP_SOURCE_CA_FILE=None)

        assert rule.reached.is_set()
        assert filled.succeed("verify", "--deep")["ok"]


def test_a_stored_artifact_that_is_removed_meanwhile_is_copied_again(filled: Stage, backup: str) -> None:
    """As by a pruner that took it for one that nobody needs."""
    manifest = json.loads(filled.get(BACKUPS, f"backups/{backup}/manifest.json"))
    stored = sorted(key for key in filled.keys(BACKUPS) if key.startswith("objects/"))
    with gate_to(filled.store) as gate, new_artifacts(filled, 1) as keys:
        gate.rule(rf"GET /mlflow-artifacts/{keys[0]}", before=lambda: filled.remove(BACKUPS, stored[0]))
        filled.succeed("create", BACKUP_SOURCE_ENDPOINT=gate.endpoint, BACKUP_SOURCE_CA_FILE=None)

    assert manifest["complete"]
    assert filled.succeed("verify", "--deep")["ok"]


def test_the_backup_role_only_reads(filled: Stage) -> None:
    with filled.postgres.session("mlflow", "mlflow_backup", "staple-of-backups") as session:
        for statement in ("DELETE FROM runs", "CREATE TABLE own (id int)", "DROP TABLE runs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)


def test_the_manifest_is_written_last(filled: Stage) -> None:
    with gate_to(filled.store) as gate:
        filled.succeed("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        written = [line for line in gate.seen if line.startswith(("PUT", "POST"))]

    assert written[0].endswith("/started.json")
    assert [line.rpartition("/")[2] for line in written if "/backups/" in line][-1] == "manifest.json"
