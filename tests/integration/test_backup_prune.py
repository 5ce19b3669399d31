"""`prune` on a real bucket, with a clock that runs ahead: what goes, what stays, and what keeps it from sweeping."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mlflow_backup.commands.prune import prune
from mlflow_backup.failures import BackupError
from mlflow_backup.report import Report
from mlflow_backup.settings import PruneSettings
from tests.integration.backup_content import filled
from tests.integration.backup_stage import ARTIFACTS, BACKUPS, RESTORED, Stage, stage
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["filled", "postgres", "stage", "store"]  # fixtures: importing them makes them known here

KEYS = [f"8/old/artifacts/{number}.txt" for number in range(3)]


@pytest.fixture
def three(filled: Stage) -> Iterator[list[str]]:
    """Three backups, of which the first alone has some artifacts."""
    for key in filled.keys(BACKUPS):
        filled.remove(BACKUPS, key)
    for key in KEYS:
        filled.put(ARTIFACTS, key, key.encode())
    ids = [filled.succeed("create")["id"]]
    for key in KEYS:
        filled.remove(ARTIFACTS, key)
    ids += [filled.succeed("create")["id"] for _ in range(2)]
    yield ids
    for key in filled.keys(BACKUPS):
        filled.remove(BACKUPS, key)


def pruned(
    stage: Stage, *, days: float, keep_days: int = 0, keep_count: int = 1, dry_run: bool = False, **more: Any
) -> Report:
    """Prune as if it were so many days later."""
    places = stage.bucket("TARGET", "pruner") | {
        "BACKUP_KEEP_DAYS": str(keep_days), "BACKUP_KEEP_COUNT": str(keep_count),
    }  # fmt: skip
    settings = PruneSettings.of(stage.environment(**(places | more)))
    report = Report("prune")
    prune(settings, report, datetime.now(UTC) + timedelta(days=days), dry_run=dry_run)
    return report


def good(stage: Stage) -> list[str]:
    return [row["id"] for row in stage.listed() if row["state"] == "good"]


def test_old_backups_go_and_with_them_the_artifacts_that_only_they_had(filled: Stage, three: list[str]) -> None:
    artifacts = len(filled.keys(BACKUPS, "objects/"))

    report = pruned(filled, days=2)

    assert good(filled) == [three[2]]
    assert report.objects == len(KEYS)
    assert len(filled.keys(BACKUPS, "objects/")) == artifacts - len(KEYS)
    assert filled.succeed("verify", "--deep")["id"] == three[2]
    assert list(filled.keys(BACKUPS, f"backups/{three[0]}/")) == []


def test_the_last_good_backup_stays_however_old_it_is(filled: Stage, three: list[str]) -> None:
    for broken in three[1:]:
        filled.remove(BACKUPS, f"backups/{broken}/database.dump.age")

    pruned(filled, days=1000)

    assert good(filled) == [three[0]]
    assert filled.succeed("verify", three[0], "--deep")["ok"]


def test_a_number_of_backups_and_those_of_so_many_days_stay(filled: Stage, three: list[str]) -> None:
    assert pruned(filled, days=20, keep_days=30).details["removed"] == []
    assert pruned(filled, days=40, keep_days=30, keep_count=2).details["removed"] == [three[0]]
    assert good(filled) == [three[2], three[1]]


def test_a_dry_run_tells_everything_and_removes_nothing(filled: Stage, three: list[str]) -> None:
    before = filled.keys(BACKUPS)

    report = pruned(filled, days=2, dry_run=True)

    assert report.details["removed"] == [three[1], three[0]]
    assert filled.keys(BACKUPS) == before


def test_what_was_copied_within_a_day_is_not_swept(filled: Stage, three: list[str]) -> None:
    report = pruned(filled, days=0.5)

    assert good(filled) == [three[2]]
    assert report.objects == 0


def test_nothing_is_swept_while_a_backup_may_be_under_way(filled: Stage, three: list[str]) -> None:
    with gate_to(filled.store) as gate:
        rule = gate.rule(r"PUT /mlflow-backups/backups/.*/manifest\.json", hold=True)
        process = filled.start("create", BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        rule.wait()
        with pytest.raises(BackupError, match="may be under way: no artifact was removed") as caught:
            pruned(filled, days=0.9)
        gate.release()
        assert process.wait(60) == 0
        process.communicate()

    assert (int(caught.value.code), caught.value.reason) == (4, "locked")
    assert len(good(filled)) == 2
    assert three[2] in good(filled)
    assert filled.succeed("verify", "--deep")["ok"]


def test_a_backup_that_begins_meanwhile_stops_the_sweep(filled: Stage, three: list[str]) -> None:
    started = "backups/20990101T000000Z-000000/started.json"
    with gate_to(filled.store) as gate:
        gate.rule(
            r"GET /mlflow-backups/backups/.*/objects\.txt\.gz", before=lambda: filled.put(BACKUPS, started, b"{}")
        )
        with pytest.raises(BackupError, match="20990101T000000Z-000000 has begun meanwhile"):
            pruned(filled, days=2, BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)

    assert filled.succeed("verify", three[2], "--deep")["ok"]
    assert len(filled.keys(BACKUPS, "objects/")) == len(filled.keys(ARTIFACTS)) + len(KEYS)


def test_a_backup_that_a_restore_reads_stays_with_its_artifacts_until_the_restore_has_ended(
    filled: Stage, three: list[str]
) -> None:
    filled.fresh_database("restored")
    for key in filled.keys(RESTORED):
        filled.remove(RESTORED, key)
    with gate_to(filled.store) as gate:
        rule = gate.rule(rf"GET /mlflow-backups/backups/{three[0]}/artifacts.*", hold=True)
        through = {"BACKUP_TARGET_ENDPOINT": gate.endpoint, "BACKUP_TARGET_CA_FILE": None}
        process = filled.start("restore", three[0], "--database-service", "restored", **through)
        rule.wait()
        meanwhile = pruned(filled, days=0.9)
        gate.release()
        assert process.wait(60) == 0, process.communicate()
        process.communicate()

    assert (meanwhile.details["in_use"], meanwhile.details["removed"]) == ([three[0]], [three[1]])
    assert set(KEYS) <= set(filled.keys(RESTORED))

    afterwards = pruned(filled, days=2)
    assert (afterwards.details["in_use"], afterwards.details["removed"]) == ([], [three[0]])
    assert afterwards.objects == len(KEYS)
    assert filled.keys(BACKUPS, "reading/") == {}


def test_a_restore_that_begins_in_the_middle_of_a_prune_keeps_its_backup(filled: Stage, three: list[str]) -> None:
    with gate_to(filled.store) as gate:
        # The newer one is removed first.
        gate.rule(r"POST /mlflow-backups/?", before=lambda: filled.put(BACKUPS, f"reading/{three[0]}/0123", b"{}"))
        report = pruned(filled, days=0.9, BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)

    assert report.details["in_use"] == [three[0]]
    assert set(good(filled)) == {three[0], three[2]}


def test_a_restore_that_was_killed_is_believed_for_a_day(filled: Stage, three: list[str]) -> None:
    filled.put(BACKUPS, f"reading/{three[0]}/0123", b"{}")

    assert pruned(filled, days=0.9).details["in_use"] == [three[0]]
    assert pruned(filled, days=2).details["removed"] == [three[0]]
    assert filled.keys(BACKUPS, "reading/") == {}


def test_a_restore_whose_key_only_reads_is_told_that_the_pruner_is_not_kept_away(
    filled: Stage, three: list[str]
) -> None:
    filled.fresh_database("restored")
    place = filled.bucket("TARGET", "reader")
    result = filled.succeed("restore", three[0], "--database-service", "restored", "--replace", **place)

    told = f"the pruner is not told that {three[0]} is read: let it not run meanwhile"
    assert any(told in warning for warning in result["warnings"])


def test_what_a_killed_backup_left_is_removed_after_a_day(filled: Stage, three: list[str]) -> None:
    left = "backups/20260101T000000Z-abcdef/database.dump.age"
    filled.put(BACKUPS, left, b"half a dump")
    assert filled.listed()[-1]["state"] == "unfinished"

    pruned(filled, days=2, keep_days=9, keep_count=9)

    assert left not in filled.keys(BACKUPS)
    assert good(filled) == three[::-1]


def test_backups_of_others_and_those_that_cannot_be_read_stay_and_keep_their_artifacts(
    filled: Stage, three: list[str]
) -> None:
    garbled = f"backups/{three[0]}/manifest.json"
    filled.put(BACKUPS, garbled, b"{")
    report = pruned(filled, days=900)
    assert garbled in filled.keys(BACKUPS)
    assert report.objects == 0

    report = pruned(filled, days=900, BACKUP_PLATFORM="other/db")
    assert report.details["removed"] == []
    assert filled.succeed("verify", three[2], "--deep")["ok"]


def test_a_list_that_cannot_be_read_stops_the_sweep(filled: Stage, three: list[str]) -> None:
    filled.put(BACKUPS, f"backups/{three[2]}/objects.txt.gz", b"nothing of the kind")

    with pytest.raises(BackupError, match="which artifacts it needs is unknown, so none was removed") as caught:
        pruned(filled, days=2, keep_count=3, keep_days=9)

    assert int(caught.value.code) == 3
    assert len(filled.keys(BACKUPS, "objects/")) == len(filled.keys(ARTIFACTS)) + len(KEYS)


def test_the_command_tells_what_it_did(filled: Stage, three: list[str]) -> None:
    outcome = filled.prune(BACKUP_KEEP_DAYS="0", BACKUP_KEEP_COUNT="2")

    assert outcome.code == 0, outcome.log
    assert outcome.result["details"] == {
        "dry_run": False,
        "kept": [three[2], three[1]],
        "removed": [three[0]],
        "in_use": [],
        "bases_removed": [],
        "log_files_removed": 0,
    }
    assert json.loads(filled.get(BACKUPS, "status/prune.ok.json"))["ok"]
