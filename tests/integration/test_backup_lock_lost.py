"""The session that holds the lock is lost under a backup or a restore: it writes nothing more, and says so."""

from __future__ import annotations

import pytest

from components.database_session.lock import WHOLE_DATABASE
from tests.integration.backup_content import backup, filled
from tests.integration.backup_stage import ARTIFACTS, RESTORED, Stage, stage
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

__all__ = ["backup", "filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

END_IT = f"""
    SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
    AND (classid::bigint << 32) | objid::bigint = {WHOLE_DATABASE}
"""  # noqa: S608 - constants
DUMP = r"GET /mlflow-backups/backups/.*/database\.dump\.age"
POINTS = {
    "before anything is written": ("TARGET", r"GET /mlflow-backups/backups/.*/artifacts\.jsonl\.gz\.age", 0),
    "between artifacts and database": ("RESTORE", r"PUT /mlflow-restored/.*", 0),
    # It is read for the first time by the check.
    "before the commit": ("TARGET", DUMP, 1),
}
UNCHANGED = {"before anything is written": "nothing has been changed"}


@pytest.mark.parametrize("point", POINTS)
def test_a_restore_that_has_lost_its_lock_changes_nothing_more_and_can_be_run_again(
    filled: Stage, backup: str, point: str
) -> None:
    filled.fresh_database("restored")
    for key in filled.keys(RESTORED):
        filled.remove(RESTORED, key)
    server, pattern, passing = POINTS[point]
    with gate_to(filled.store) as gate:
        rule = gate.rule(pattern, hold=True, after=passing)
        through = {f"BACKUP_{server}_ENDPOINT": gate.endpoint, f"BACKUP_{server}_CA_FILE": None}
        process = filled.start("restore", backup, "--database-service", "restored", **through)
        rule.wait()
        assert filled.postgres.run(END_IT, database="postgres") == [(True,)]
        gate.release()
        said, log = process.communicate(timeout=60)

    assert process.returncode == 4, log
    assert '"reason": "lock-lost"' in said
    assert UNCHANGED.get(point, "artifacts are restored, and the database is as it was; run it again") in said
    assert filled.rows("restored") == {}
    assert bool(filled.keys(RESTORED)) is (point != "before anything is written")
    assert filled.succeed("restore", backup, "--database-service", "restored")["id"] == backup


def test_a_backup_that_has_lost_its_lock_is_none(filled: Stage, backup: str) -> None:
    before = [row["id"] for row in filled.listed() if row["state"] == "good"]
    filled.put(ARTIFACTS, "9/new/artifacts/one.txt", b"new")
    with gate_to(filled.store) as gate:
        rule = gate.rule(r"PUT /mlflow-backups/objects/.*", hold=True)
        through = {"BACKUP_TARGET_ENDPOINT": gate.endpoint, "BACKUP_TARGET_CA_FILE": None}
        process = filled.start("create", **through)
        rule.wait()
        assert filled.postgres.run(END_IT, database="postgres") == [(True,)]
        gate.release()
        said, log = process.communicate(timeout=60)
    filled.remove(ARTIFACTS, "9/new/artifacts/one.txt")

    assert process.returncode == 4, log
    assert backup in before
    assert '"reason": "lock-lost"' in said
    assert "no backup was made; run it again" in said
    assert [row["id"] for row in filled.listed() if row["state"] == "good"] == before
