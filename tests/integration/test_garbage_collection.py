"""The garbage collection against a real server, PostgreSQL and MinIO, with the server's own role and key.

Where the process itself is the matter it runs as in its pod; else within this one, which saves the start of MLflow.
"""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from components.database_session.lock import WHOLE_DATABASE
from components.garbage_collection.program.outcome import Outcome
from components.garbage_collection.program.settings import DRY_RUN
from tests.integration.garbage_collection_pod import PATIENCE, clean, platform
from tests.integration.inventory_exporter_pod import stores
from tests.integration.plugin_harness import free_port
from tests.integration.plugin_minio import store
from tests.integration.plugin_postgres import postgres

if TYPE_CHECKING:
    import pytest

    from tests.integration.garbage_collection_pod import Platform

__all__ = ["clean", "platform", "postgres", "store", "stores"]  # fixtures: importing them makes them known here

TAKE = f"SELECT pg_advisory_lock({WHOLE_DATABASE})"
GIVE = f"SELECT pg_advisory_unlock({WHOLE_DATABASE})"
HOLDER = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mlflow-gc'"


def test_old_deleted_runs_go_with_their_artifacts_and_all_others_stay(platform: Platform) -> None:
    experiment = platform.experiment()
    old = [platform.run(experiment, days=days) for days in (400, 31)]
    kept = [platform.run(experiment, days=days) for days in (29, 0, None)]
    ended = platform.start().end()

    assert ended.code == 0, ended.log
    assert ended.summary["reason"] == "2 removed, 0 passed over, 0 could not be removed, 0 left for the next time"
    assert ended.summary["runs"] == {"due": 2, "removed": 2, "kept": 0, "failed": 0}
    assert platform.runs() == set(kept)
    assert [platform.has_artifacts(run) for run in (*old, *kept)] == [False, False, True, True, True]
    # The log tells which, the oldest first, and ends with what the termination message says.
    lines = ended.lines()
    assert [line["id"] for line in lines if line["message"] == "removed"] == old
    assert lines[-1].items() >= ended.summary.items()


def test_a_dry_run_tells_what_would_go_and_removes_nothing_also_during_a_backup(platform: Platform) -> None:
    experiment = platform.experiment()
    old, young = platform.run(experiment, days=40), platform.run(experiment, days=20)
    with platform.stores.as_server() as backup:
        backup.execute(TAKE)
        ended = platform.start(**{DRY_RUN: "true"}).end()

    assert ended.code == 0, ended.log
    assert ended.summary["dry_run"] is True
    assert ended.summary["reason"] == "dry run: 1 would be removed, 0 passed over"
    assert [(each["id"], each["age_days"]) for each in ended.lines() if each["message"] == "would be removed"] == [
        (old, 40.0)
    ]
    assert platform.runs() == {old, young}
    assert platform.has_artifacts(old)


def test_a_run_that_cannot_be_removed_does_not_stop_the_rest(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    experiment = platform.experiment()
    elsewhere, root, referred, sound = (platform.run(experiment, days=days) for days in (90, 80, 70, 60))
    platform.sql("UPDATE runs SET artifact_uri = 's3://of-somebody-else/x' WHERE run_uuid = %s", elsewhere)
    platform.sql("UPDATE runs SET artifact_uri = 'mlflow-artifacts:/' WHERE run_uuid = %s", root)
    platform.sql("CREATE TABLE notes (run varchar(32) REFERENCES runs)")
    platform.sql("INSERT INTO notes VALUES (%s)", referred)
    try:
        summary = platform.collect()
    finally:
        platform.sql("DROP TABLE notes")

    assert summary.outcome is Outcome.INCOMPLETE
    assert summary.fields()["runs"] == {"due": 4, "removed": 1, "kept": 0, "failed": 3}
    assert platform.runs() == {elsewhere, root, referred}
    assert platform.has_artifacts(root)
    assert not platform.has_artifacts(sound)
    reasons = {vars(each)["id"]: vars(each)["reason"] for each in caplog.records if each.msg == "cannot be removed"}
    assert "s3://of-somebody-else/x, which is not in the bucket" in reasons[elsewhere]
    assert "mlflow-artifacts:/, which is not a folder of its own" in reasons[root]
    assert "notes_run_fkey" in reasons[referred]


def test_what_a_registered_model_refers_to_stays_until_its_version_is_deleted(platform: Platform) -> None:
    experiment = platform.experiment()
    by_run, by_place, by_model = (platform.run(experiment, days=60) for _ in range(3))
    model = platform.model(experiment, days=60)
    platform.client.create_registered_model("forest")
    place = platform.client.get_run(by_place).info.artifact_uri
    # The server refuses some of these today; older ones did not.
    for source, run in (("runs:/x/y", by_run), (f"{place}/model", None), (f"models:/{model}", None)):
        made = platform.client.create_model_version("forest", f"{place}/model", by_place)
        changed = "UPDATE model_versions SET source = %s, storage_location = NULL, run_id = %s WHERE version = %s"
        platform.sql(changed, source, run, made.version)
    summary = platform.collect()

    assert summary.outcome is Outcome.DONE
    assert summary.fields()["runs"] == {"due": 3, "removed": 1, "kept": 2, "failed": 0}
    assert summary.fields()["logged_models"] == {"due": 1, "removed": 0, "kept": 1, "failed": 0}
    assert platform.runs() == {by_run, by_place}
    assert [platform.has_artifacts(each) for each in (by_run, by_place, model, by_model)] == [True, True, True, False]

    for number in ("1", "2", "3"):
        platform.client.delete_model_version("forest", number)
    assert platform.collect().fields()["logged_models"]["removed"] == 1
    assert platform.runs() == set()
    assert not platform.has_artifacts(model)


def test_an_old_deleted_experiment_goes_with_its_models_when_nothing_is_left_in_it(platform: Platform) -> None:
    emptied, used, young, alive = (platform.experiment(name) for name in ("emptied", "used", "young", "alive"))
    platform.run(emptied, days=50)
    active, needed = platform.model(emptied, days=None), platform.run(used, days=50)
    own = platform.model(alive, days=None)
    platform.client.create_registered_model("forest")
    platform.client.create_model_version("forest", f"mlflow-artifacts:/{used}/{needed}/artifacts/m", needed)
    for experiment, days in ((emptied, 50), (used, 50), (young, 5)):
        platform.delete_experiment(experiment, days=days)
    summary = platform.collect()

    assert summary.outcome is Outcome.DONE
    assert summary.fields()["experiments"] == {"due": 2, "removed": 1, "kept": 1, "failed": 0}
    left = {name for (name,) in platform.sql("SELECT name FROM experiments")}
    assert left == {"used", "young", "alive", "Default"}
    assert platform.runs() == {needed}
    assert not platform.has_artifacts(active)
    assert platform.has_artifacts(own)


def test_the_default_experiment_stays_since_a_server_would_make_it_anew(platform: Platform) -> None:
    platform.collect()
    platform.delete_experiment("0", days=50)

    assert platform.collect().outcome is Outcome.NOTHING_TO_DO
    assert platform.sql("SELECT name FROM experiments") == [("Default",)]


def test_nothing_is_removed_while_a_backup_holds_the_lock(platform: Platform) -> None:
    run = platform.run(platform.experiment(), days=60)
    with platform.stores.as_server() as backup:
        backup.execute("SET application_name = 'mlflow-backup'")
        backup.execute(TAKE)
        summary = platform.collect()

        assert summary.outcome is Outcome.RETRY_LATER
        assert "(mlflow-backup, role mlflow) since 20" in summary.reason
        assert platform.runs() == {run}
        assert platform.has_artifacts(run)


def test_a_backup_gets_the_lock_in_between_and_the_collection_goes_on_after_it(platform: Platform) -> None:
    experiment = platform.experiment()
    for days in (60, 61, 62):
        platform.run(experiment, days=days)
    left: list[int] = []

    def back_up() -> None:
        with platform.stores.as_server() as backup:
            backup.execute(TAKE)
            left.append(len(platform.runs()))
            backup.execute(GIVE)

    with platform.stores.as_server() as gate, ThreadPoolExecutor() as pool:
        gate.execute("BEGIN")
        gate.execute("LOCK TABLE params IN ACCESS EXCLUSIVE MODE")
        collecting = pool.submit(platform.collect, turn_seconds=0, lock_seconds=PATIENCE)
        platform.until_blocked()
        backing_up = pool.submit(back_up)
        gate.execute("ROLLBACK")
        backing_up.result(PATIENCE)
        summary = collecting.result(PATIENCE)

    assert summary.fields()["runs"]["removed"] == 3
    assert left[0] in {1, 2, 3}
    assert platform.runs() == set()


def test_a_collection_that_has_lost_its_lock_removes_nothing_more(platform: Platform) -> None:
    experiment = platform.experiment()
    first, second = (platform.run(experiment, days=days) for days in (61, 60))
    with platform.stores.as_server() as gate, ThreadPoolExecutor() as pool:
        gate.execute("BEGIN")
        gate.execute("LOCK TABLE params IN ACCESS EXCLUSIVE MODE")
        collecting = pool.submit(platform.collect)
        platform.until_blocked()
        platform.sql(HOLDER)
        gate.execute("ROLLBACK")
        summary = collecting.result(PATIENCE)

    assert summary.outcome is Outcome.RETRY_LATER
    assert "the session that holds the lock is gone" in summary.reason
    assert platform.runs() == {second}
    assert not platform.has_artifacts(first)


def test_a_collection_that_is_killed_in_the_middle_is_completed_by_the_next(platform: Platform) -> None:
    experiment = platform.experiment()
    for days in (60, 61, 62):
        platform.run(experiment, days=days)
    with platform.stores.as_server() as gate:
        gate.execute("BEGIN")
        gate.execute("LOCK TABLE params IN ACCESS EXCLUSIVE MODE")
        attempt = platform.start()
        platform.until_blocked()
        attempt.kill()
        gate.execute("ROLLBACK")
    # The artifacts of one had gone, its rows had not.
    assert len(platform.runs()) == 3
    assert sum(platform.has_artifacts(run) for run in platform.runs()) == 2
    summary = platform.collect(lock_seconds=PATIENCE)

    assert summary.fields()["runs"] == {"due": 3, "removed": 3, "kept": 0, "failed": 0}
    assert platform.runs() == set()


def test_a_collection_that_is_told_to_stop_ends_the_removal_that_it_is_at(platform: Platform) -> None:
    experiment = platform.experiment()
    first, second = (platform.run(experiment, days=days) for days in (61, 60))
    with platform.stores.as_server() as gate:
        gate.execute("BEGIN")
        gate.execute("LOCK TABLE params IN ACCESS EXCLUSIVE MODE")
        attempt = platform.start()
        platform.until_blocked()
        attempt.process.send_signal(signal.SIGTERM)
        gate.execute("ROLLBACK")
    ended = attempt.end()

    assert (ended.code, ended.summary["reason"]) == (75, "told to stop"), ended.log
    assert ended.summary["runs"] == {"due": 2, "removed": 1, "kept": 0, "failed": 0}
    assert platform.runs() == {second}
    assert [platform.has_artifacts(run) for run in (first, second)] == [False, True]


def test_what_does_not_fit_into_the_time_is_left_for_the_next_collection(platform: Platform) -> None:
    run = platform.run(platform.experiment(), days=60)
    summary = platform.collect(work_seconds=0)

    assert (summary.outcome, summary.tally.left) == (Outcome.DONE, 1)
    assert summary.reason.endswith("1 left for the next time")
    assert platform.runs() == {run}


def test_a_bucket_that_is_away_is_tried_again_and_one_that_refuses_the_key_is_not(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = platform.run(platform.experiment(), days=60)
    refused = platform.collect(bucket="of-somebody-else")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"https://127.0.0.1:{free_port()}")
    away = platform.collect()

    assert (refused.outcome, away.outcome) == (Outcome.REFUSED, Outcome.RETRY_LATER)
    assert refused.reason.startswith("the bucket of-somebody-else cannot be used: AccessDenied: ")
    assert away.reason.startswith("the bucket cannot be reached: ")
    assert platform.runs() == {run}


def test_a_database_that_is_away_is_tried_again(platform: Platform) -> None:
    nowhere = platform.stores.uri.replace(f":{platform.stores.postgres.port}/", f":{free_port()}/")
    summary = platform.collect(threading.Event(), uri=nowhere)

    assert summary.outcome is Outcome.RETRY_LATER
    assert summary.reason.startswith("the database cannot be reached: ")
