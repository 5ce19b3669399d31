"""Point in time: the log is streamed, everything is lost, and any moment comes back."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.backup_stage import BACKUPS, PLATFORM, stage
from tests.integration.moment_stage import Moments, moments, source, until
from tests.integration.object_gate import gate_to
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

__all__ = ["moments", "postgres", "source", "stage", "store"]  # fixtures: importing them makes them known here

OBJECTIVE = timedelta(minutes=5)
POINTS = {
    "in a base backup": r"(PUT|POST) /mlflow-backups/pitr/.*/base\.tar\.gz\.age.*",
    "before its manifest": r"PUT /mlflow-backups/pitr/.*/manifest\.json",
    "in a finished segment": r"PUT /mlflow-backups/pitr/.*/[0-9A-F]{24}\.gz\.age",
    "in an unfinished one": r"PUT /mlflow-backups/pitr/.*\.partial\.gz\.age",
    "before the position": r"PUT /mlflow-backups/pitr/.*/position\.json",
}
QUICK_POINT = "in a finished segment"


@pytest.fixture(scope="module")
def streaming(moments: Moments) -> Moments:
    moments.start()
    moments.writer.write(10)
    moments.until_covered(moments.writer.pause())
    return moments


def test_a_row_can_be_had_as_of_the_moments_before_and_after_it(streaming: Moments) -> None:
    writer, seen = streaming.writer, []
    for _ in range(3):
        writer.write(5)
        seen.append(writer.pause())
        streaming.switch()
    writer.write(1)
    streaming.until_covered(writer.pause())

    for moment in seen:
        outcome = streaming.restore(moment)
        assert outcome.code == 0, outcome.log
        assert streaming.restored() == writer.rows_at(moment)
    outcome = streaming.restore("latest")
    assert outcome.code == 0, outcome.log
    assert streaming.restored() == [number for number, _ in writer.acknowledged]
    assert outcome.result["details"]["revision"] == "5b0e9adcef9c"


@pytest.mark.full
def test_a_moment_behind_the_last_transaction_is_the_state_after_it(streaming: Moments) -> None:
    """On an idle server there is nothing to stop at: the log is known to reach beyond."""
    moment = streaming.writer.pause()
    streaming.until_covered(moment)

    outcome = streaming.restore(moment)

    assert outcome.code == 0, outcome.log
    assert streaming.restored() == streaming.writer.rows_at(moment)


def test_the_status_tells_how_far_the_log_reaches(streaming: Moments) -> None:
    status = streaming.status()

    assert status["ok"]
    assert status["command"] == "pitr"
    assert status["details"]["lag_seconds"] < OBJECTIVE.total_seconds()
    assert status["details"]["slot"] == "reserved"
    assert status["details"]["base"] == streaming.keys("/manifest.json")[-1].split("/")[-2]
    assert streaming.stage.get(BACKUPS, "status/pitr.ok.json")


def test_a_list_tells_which_moments_can_be_had(streaming: Moments) -> None:
    outcome = streaming.run("pitr-list")

    assert outcome.code == 0, outcome.log
    assert outcome.output.splitlines()[0].split() == ["BASE", "STATE", "SERVER", "FROM", "UNTIL", "SEGMENTS", "BYTES"]
    assert " good " in outcome.output


def test_what_is_stored_is_encrypted_and_named_without_secrets(streaming: Moments) -> None:
    for key in streaming.keys(".age"):
        assert streaming.stage.get(BACKUPS, key).startswith(b"age-encryption.org/v1\n"), key


@pytest.mark.parametrize(
    "point", [pytest.param(point, marks=() if point == QUICK_POINT else pytest.mark.full) for point in POINTS]
)
def test_killed_at_any_point_it_goes_on_and_nothing_is_missing(streaming: Moments, point: str) -> None:
    writer, anew = streaming.writer, point in ("in a base backup", "before its manifest")
    streaming.kill()
    with gate_to(streaming.stage.store) as gate:
        rule = gate.rule(POINTS[point], hold=True)
        for key in streaming.keys("/manifest.json") if anew else ():
            streaming.stage.remove(BACKUPS, key)  # so that a new one is due
        streaming.start(BACKUP_TARGET_ENDPOINT=gate.endpoint, BACKUP_TARGET_CA_FILE=None)
        deadline = time.monotonic() + 60
        while not rule.reached.is_set():
            assert time.monotonic() < deadline, streaming.log()
            writer.write(5)
            streaming.switch()
            time.sleep(0.2)
        streaming.kill()
    writer.write(5)
    moment = writer.pause()
    writer.write(5)
    streaming.start()
    streaming.until_covered(writer.pause())

    # Where the base backups were removed, the moment is before the first one.
    outcome = streaming.restore("latest" if anew else moment)

    assert outcome.code == 0, outcome.log
    assert streaming.restored() == ([number for number, _ in writer.acknowledged] if anew else writer.rows_at(moment))


def test_without_the_private_key_nothing_can_be_had(streaming: Moments) -> None:
    other = str(streaming.stage.folder / "other-identity")

    outcome = streaming.restore("latest", BACKUP_IDENTITY_FILE=other)

    assert (outcome.code, outcome.reason) == (3, "wrong-key")


def test_a_moment_that_nobody_has_is_refused(streaming: Moments) -> None:
    later, earlier = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(days=1)

    outcome = streaming.restore(later)
    assert (outcome.code, outcome.reason) == (3, "beyond")
    outcome = streaming.restore(earlier)
    assert (outcome.code, outcome.reason) == (5, "nothing")
    outcome = streaming.restore("yesterday")
    assert (outcome.code, outcome.reason) == (2, "usage")
    assert streaming.run("pitr-fetch", "latest", "/etc").message.startswith("/etc is not empty")


def test_another_platform_finds_nothing(streaming: Moments) -> None:
    outcome = streaming.restore("latest", BACKUP_PLATFORM=f"{PLATFORM}-other")

    assert (outcome.code, outcome.reason) == (5, "nothing")


def test_a_database_that_is_not_empty_is_left_alone(streaming: Moments) -> None:
    assert streaming.restore("latest").code == 0
    before = streaming.restored()
    arguments = ("--database-service", "restored", "--source-database", "mlflow")
    folder = str(streaming.folder / "scratch")

    outcome = streaming.run("pitr-restore", "--to", "latest", *arguments, "--folder", folder)
    assert (outcome.code, outcome.reason) == (3, "not-empty")
    assert streaming.restored() == before
    outcome = streaming.run("pitr-restore", "--to", "latest", *arguments, "--folder", folder, "--replace")
    assert outcome.code == 0, outcome.log


@pytest.mark.full
def test_a_missing_segment_is_refused_and_moments_before_it_are_not(streaming: Moments) -> None:
    writer = streaming.writer
    writer.write(3)
    before = writer.pause()
    for _ in range(3):
        writer.write(3)
        streaming.switch()
    after = writer.pause()
    writer.write(1)
    streaming.until_covered(writer.pause())
    names = [key for key in streaming.keys("/wal/") if ".partial" not in key]
    gone = names[-2]
    content = streaming.stage.get(BACKUPS, gone)
    streaming.stage.remove(BACKUPS, gone)
    partial = [key for key in streaming.keys(".partial") if gone.rpartition("/")[2][:24] in key]
    kept = {key: streaming.stage.get(BACKUPS, key) for key in partial}
    for key in partial:
        streaming.stage.remove(BACKUPS, key)
    try:
        listed = streaming.run("pitr-list")
        for wanted in (after, "latest"):
            outcome = streaming.restore(wanted)
            assert (outcome.code, outcome.reason) == (3, "gap"), outcome.log
        assert "gap" in listed.output
        outcome = streaming.restore(before)
        assert outcome.code == 0, outcome.log
        assert streaming.restored() == writer.rows_at(before)
    finally:
        for key, stored in {**kept, gone: content}.items():
            streaming.stage.put(BACKUPS, key, stored)


@pytest.mark.parametrize("how", ["altered", "cut off", "of another place", "base altered", "base missing"])
def test_what_is_damaged_is_refused(streaming: Moments, how: str) -> None:
    base = streaming.status()["details"]["base"]
    segments = [key for key in streaming.keys("/wal/") if ".partial" not in key]
    key = streaming.keys(f"{base}/base.tar.gz.age")[0] if how.startswith("base") else segments[-1]
    content = streaming.stage.get(BACKUPS, key)
    damaged = {
        "altered": content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        "cut off": content[: len(content) // 2],
        "of another place": streaming.stage.get(BACKUPS, segments[-2]),
        "base altered": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "base missing": b"",
    }[how]
    if damaged:
        streaming.stage.put(BACKUPS, key, damaged)
    else:
        streaming.stage.remove(BACKUPS, key)
    try:
        outcome = streaming.restore("latest")
    finally:
        streaming.stage.put(BACKUPS, key, content)

    assert (outcome.code, outcome.reason) == (3, "damaged"), outcome.log
    assert key in outcome.message


def test_the_writers_key_deletes_nothing_and_the_pruners_only_what_is_not_needed(streaming: Moments) -> None:
    before = set(streaming.keys(""))
    assert streaming.stage.run("prune", BACKUP_KEEP_DAYS="0").code != 0
    assert set(streaming.keys("")) >= before

    outcome = streaming.stage.prune(BACKUP_KEEP_DAYS="0")

    assert outcome.code == 0, outcome.log
    assert len(streaming.keys("/manifest.json")) == 1
    outcome = streaming.restore("latest")
    assert outcome.code == 0, outcome.log
    assert streaming.restored() == [number for number, _ in streaming.writer.acknowledged]


@pytest.mark.full
def test_after_a_gap_there_is_a_new_base_backup_at_once(streaming: Moments) -> None:
    """As where the disk of the receiver and a part of the server's log are lost together."""
    base = streaming.status()["details"]["base"]
    streaming.kill()
    streaming.source.run("SELECT pg_drop_replication_slot('mlflow_pitr')")
    for _ in range(3):
        streaming.writer.write(2)
        streaming.switch()
    streaming.source.run("CHECKPOINT")
    for path in (streaming.folder / "barman" / "source" / "streaming").iterdir():
        path.unlink()
    streaming.start()
    until(lambda: streaming.status()["ok"] and streaming.status()["details"]["base"] not in ("", base), streaming.log())
    streaming.writer.write(2)
    streaming.until_covered(streaming.writer.pause())

    outcome = streaming.restore("latest")

    assert outcome.code == 0, outcome.log
    assert streaming.restored() == [number for number, _ in streaming.writer.acknowledged]


@pytest.mark.full
def test_when_the_server_and_the_streamer_are_lost_little_is_missing(streaming: Moments) -> None:
    """The last one: it takes the server away."""
    writer = streaming.writer
    with writer.writing():
        time.sleep(20)
        lost = int((streaming.source.log.parent / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(lost, signal.SIGKILL)
        streaming.kill()
    end = datetime.now(UTC)

    outcome = streaming.restore("latest")

    assert outcome.code == 0, outcome.log
    got = streaming.restored()
    assert got == [number for number, _ in writer.acknowledged][: len(got)]
    last = writer.acknowledged[len(got) - 1][1]
    missing = len(writer.acknowledged) - len(got)
    print(f"lost {missing} acknowledged rows of the last {(writer.acknowledged[-1][1] - last).total_seconds():.1f} s")
    assert end - last < OBJECTIVE
    covered = datetime.fromisoformat(outcome.result["details"]["covered_until"])
    assert writer.rows_at(covered) == got[: len(writer.rows_at(covered))]
    exact = streaming.restore(covered)
    assert exact.code == 0, exact.log
    assert streaming.restored() == writer.rows_at(covered)
