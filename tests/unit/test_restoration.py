"""`make restore`: what it refuses before it touches anything, in which order it works, and how it leaves a platform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import jobs
from sandbox.jobs import ClusterError
from sandbox.restoration import RestorationError, Wish, main, restore
from sandbox.schedules import SCHEDULES
from tests.unit.restoration_cluster import REPORT, Told, identity, patch, platform

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["identity"]  # a fixture: importing it makes it known here


def test_it_stops_the_server_restores_migrates_and_starts_it_again(
    identity: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = platform()
    restore(cluster, identity, Wish.of("20261126T000000Z-000001", None))

    steps = [line.split(" --output")[0] for line in cluster.told]
    order = [
        patch("mlflow-backup", suspend=True),
        patch("mlflow-gc", suspend=True),
        "scale deployment/mlflow --replicas=0",
        "wait pods --selector=app=mlflow --for=delete --timeout=120s",
        "create --filename=- < Secret",
        "create --filename=- < ConfigMap",
        "--from=cronjob/mlflow-restore",
        "--from=cronjob/mlflow-migrate",
        "delete secret/mlflow-backup-identity configmap/mlflow-restore --ignore-not-found",
        "scale deployment/mlflow --replicas=2",
        "rollout status deployment/mlflow --timeout=10m",
        patch("mlflow-backup", suspend=False),
        patch("mlflow-gc", suspend=False),
        "exec deployment/mlflow",
    ]
    found = [next(n for n, step in enumerate(steps) if wanted in step) for wanted in order]
    assert found == sorted(found)
    assert "40 rows of 30 tables and 3 artifacts" in capsys.readouterr().err
    assert not any("AGE-SECRET-KEY" in step for step in steps)


def test_the_database_as_of_a_moment_is_brought_back_by_a_job_of_its_own(identity: Path) -> None:
    cluster = platform()
    restore(cluster, identity, Wish.of(None, "2026-11-26T19:00:00+00:00"))

    assert any("--from=cronjob/mlflow-restore-moment" in line for line in cluster.told)
    assert not any(line.endswith("--from=cronjob/mlflow-restore") for line in cluster.told)
    assert "create --filename=- < ConfigMap" in cluster.told


def test_without_the_log_of_the_server_no_moment_can_be_had(identity: Path) -> None:
    cluster = platform()
    del cluster.objects["cronjob/mlflow-restore-moment"]
    with pytest.raises(
        RestorationError, match=r"no CronJob mlflow-restore-moment .* pulumi config set pointInTime true"
    ):
        restore(cluster, identity, Wish.of(None, "latest"))
    assert not cluster.told


def test_after_a_refusal_the_server_serves_what_it_had(identity: Path) -> None:
    refusal = json.dumps(REPORT | {"ok": False, "exit_code": 3, "message": "backup x is damaged"})
    cluster = platform(failing="mlflow-restore", exit_code=3, said=refusal)
    with pytest.raises(RestorationError, match="backup x is damaged"):
        restore(cluster, identity, Wish())

    assert cluster.told[-2 - len(SCHEDULES) : -len(SCHEDULES)] == [
        "scale deployment/mlflow --replicas=2",
        "rollout status deployment/mlflow --timeout=10m",
    ]
    assert not any("mlflow-migrate" in line for line in cluster.told)
    assert any(line.startswith("delete secret/mlflow-backup-identity") for line in cluster.told)


@pytest.mark.parametrize("code", [2, 5])
def test_a_backup_that_nobody_has_leaves_the_server_as_it_was(code: int, identity: Path) -> None:
    nothing = json.dumps(REPORT | {"ok": False, "exit_code": code, "message": "there is no backup x", "details": {}})
    cluster = platform(failing="mlflow-restore", exit_code=code, said=nothing)
    with pytest.raises(RestorationError, match="there is no backup x"):
        restore(cluster, identity, Wish.of("x", None))

    assert "scale deployment/mlflow --replicas=2" in cluster.told


def test_a_refusal_after_an_attempt_that_had_begun_to_write_leaves_the_server_stopped(identity: Path) -> None:
    broke_off = REPORT | {"ok": False, "exit_code": 4, "phases": {"check": 1.0, "artifacts": 2.0}, "details": {}}
    refused = REPORT | {"ok": False, "exit_code": 3, "message": "backup x is damaged", "details": {}}
    said = f"{json.dumps(broke_off)}\n{json.dumps(refused)}"
    cluster = platform(failing="mlflow-restore", exit_code=3, said=said)
    with pytest.raises(RestorationError, match="backup x is damaged"):
        restore(cluster, identity, Wish())

    assert "scale deployment/mlflow --replicas=2" not in cluster.told


def test_attempts_that_had_to_wait_are_passed_over(identity: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked = REPORT | {"ok": False, "exit_code": 4, "message": "locked", "details": {}}
    cluster = platform(said=f"{json.dumps(locked)}\n{json.dumps(REPORT)}")
    restore(cluster, identity, Wish())

    assert capsys.readouterr().err.count("is restored") == 1


def test_a_server_that_does_not_stop_is_started_again(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = platform()
    told = Told.run

    def run(self: Told, *words: str, stdin: str | None = None, check: bool = True) -> str:
        answer = told(self, *words, stdin=stdin, check=check)
        if words[0] == "wait":
            raise ClusterError("timed out")
        return answer

    monkeypatch.setattr(Told, "run", run)
    with pytest.raises(ClusterError, match="timed out"):
        restore(cluster, identity, Wish())

    assert "scale deployment/mlflow --replicas=2" in cluster.told
    assert not any(line.startswith("create") for line in cluster.told)


def test_an_api_server_that_is_away_for_a_moment_ends_no_restore(
    identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)
    cluster, misses = platform(), iter([True, True])
    found = Told.get

    def get(self: Told, kind: str, name: str) -> dict[str, Any] | None:
        if kind == "job" and next(misses, False):
            raise ClusterError("connection refused")
        return found(self, kind, name)

    monkeypatch.setattr(Told, "get", get)
    restore(cluster, identity, Wish())

    assert "scale deployment/mlflow --replicas=2" in cluster.told


def test_a_job_that_somebody_deletes_ends_the_restore(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = platform()
    found = Told.get
    monkeypatch.setattr(Told, "get", lambda self, kind, name: None if kind == "job" else found(self, kind, name))
    with pytest.raises(RestorationError, match="is gone: somebody has deleted it"):
        restore(cluster, identity, Wish())


@pytest.mark.parametrize("failing", ["mlflow-restore", "mlflow-migrate"])
def test_after_any_other_failure_the_server_stays_stopped_and_the_way_back_is_told(
    failing: str, identity: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = platform(failing=failing, exit_code=1)
    with pytest.raises(RestorationError, match=f"Job {failing}-"):
        restore(cluster, identity, Wish())

    assert "scale deployment/mlflow --replicas=2" not in cluster.told
    assert "kubectl --namespace=data-platform scale deployment/mlflow --replicas=2" in capsys.readouterr().err
    assert any(line.startswith("delete secret/mlflow-backup-identity") for line in cluster.told)


def test_whoever_interrupts_it_leaves_no_job_that_goes_on(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = platform()

    def interrupted(_job: dict[str, Any]) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "_ending", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(cluster, identity, Wish())

    assert any(line.startswith("delete job mlflow-restore-") for line in cluster.told)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("cronjob/mlflow-restore", "there is no CronJob mlflow-restore in namespace data-platform: the stack has"),
        ("cronjob/mlflow-migrate", "there is no CronJob mlflow-migrate"),
        ("deployment/mlflow", "there is no Deployment mlflow in namespace data-platform: pulumi up first"),
    ],
)
def test_a_platform_without_what_it_takes_is_told_so(missing: str, message: str, identity: Path) -> None:
    cluster = platform()
    del cluster.objects[missing]
    with pytest.raises(RestorationError, match=message):
        restore(cluster, identity, Wish())
    assert not cluster.told


def test_another_restore_under_way_is_not_disturbed(identity: Path) -> None:
    cluster = platform()
    cluster.objects["secret/mlflow-backup-identity"] = {}
    cluster.objects["cronjob/mlflow-gc"]["spec"]["suspend"] = True
    told = r"another restore is under way, or was killed; if it was, kubectl delete .*; kubectl .* cronjob mlflow-gc '"
    with pytest.raises(RestorationError, match=told):
        restore(cluster, identity, Wish())
    assert not cluster.told


def test_a_file_without_a_private_key_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "recipients"
    file.write_text("age1something\n")

    assert main([f"--identity={file}"]) == 1
    assert "has no age private key (a line AGE-SECRET-KEY-...)" in capsys.readouterr().err
    assert main([f"--identity={tmp_path / 'nowhere'}"]) == 1
    assert "cannot be read (No such file or directory): it is to be the file" in capsys.readouterr().err


def test_without_an_identity_the_usage_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "--identity" in capsys.readouterr().err
