"""`make restore` beside what runs by itself, and broken off: schedules pause and go on, and nothing is left behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from components.mlflow_server.migration.outcome import Outcome
from sandbox import jobs, restoration
from sandbox.interruption import SIGNALS
from sandbox.jobs import Cluster, ClusterError
from sandbox.restoration import MIGRATION_RETRY_LATER, RestorationError, Wish, main, restore
from sandbox.schedules import SCHEDULES
from tests.unit.restoration_cluster import Told, identity, patch, platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.engine import Recording

__all__ = ["identity"]  # a fixture: importing it makes it known here


@pytest.fixture(autouse=True)
def nobody_ignores_signals() -> Iterator[None]:
    """What started the tests may have done so, and that is inherited."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("failing", ["mlflow-restore", "mlflow-migrate"])
def test_schedules_go_on_also_after_a_restore_that_failed(failing: str, identity: Path) -> None:
    cluster = platform(failing=failing, exit_code=1)
    with pytest.raises(RestorationError):
        restore(cluster, identity, Wish())

    assert cluster.told[-len(SCHEDULES) :] == [patch(name, suspend=False) for name in SCHEDULES]


def test_a_schedule_that_was_suspended_before_or_is_not_there_is_left_alone(identity: Path) -> None:
    cluster = platform()
    cluster.objects["cronjob/mlflow-backup"]["spec"]["suspend"] = True
    del cluster.objects["cronjob/mlflow-gc"]
    restore(cluster, identity, Wish())

    patched = [line for line in cluster.told if line.startswith("patch")]
    assert patched == [patch("mlflow-backup-prune", suspend=True), patch("mlflow-backup-prune", suspend=False)]


def test_a_schedule_that_cannot_be_resumed_keeps_the_others_from_nothing_and_is_told(
    identity: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, told = platform(), Told.run

    def run(self: Told, *words: str, stdin: str | None = None, check: bool = True) -> str:
        answer = told(self, *words, stdin=stdin, check=check)
        if words[2:] == ("mlflow-backup", '--patch={"spec": {"suspend": false}}'):
            raise ClusterError("connection refused")
        return answer

    monkeypatch.setattr(Told, "run", run)
    restore(cluster, identity, Wish())

    by_hand = """kubectl --namespace=data-platform patch cronjob mlflow-backup '--patch={"spec": {"suspend": false}}'"""
    assert by_hand in capsys.readouterr().err
    assert cluster.all(patch("mlflow-gc", suspend=False))


def test_a_migration_that_somebody_kept_from_the_lock_is_begun_again(identity: Path) -> None:
    cluster = platform(failing="mlflow-migrate", exit_code=MIGRATION_RETRY_LATER, failures=2)
    restore(cluster, identity, Wish())

    assert len(cluster.all("--from=cronjob/mlflow-migrate")) == 3
    assert "scale deployment/mlflow --replicas=2" in cluster.told


def test_a_migration_that_never_gets_the_lock_is_given_up(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoration, "MIGRATION_SECONDS", 0.0)
    cluster = platform(failing="mlflow-migrate", exit_code=MIGRATION_RETRY_LATER)
    with pytest.raises(RestorationError, match="Job mlflow-migrate-"):
        restore(cluster, identity, Wish())

    assert len(cluster.all("--from=cronjob/mlflow-migrate")) == 1
    assert "scale deployment/mlflow --replicas=2" not in cluster.told


def test_the_migration_asks_to_come_again_by_the_exit_code_that_is_waited_for() -> None:
    assert Outcome.RETRY_LATER.exit_code == MIGRATION_RETRY_LATER


def test_the_schedules_that_pause_are_the_programs(prod: Recording) -> None:
    assert {prod.called(name).metadata["name"] for name in ("backup-create", "backup-prune", "gc-cron-job")} == set(
        SCHEDULES
    )


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("during", "starts"),
    [
        ("wait pods", 1),
        ("create --filename=- < Secret", 1),
        ("--from=cronjob/mlflow-migrate", 0),
        ("rollout status", 1),
    ],
)
def test_a_signal_at_any_time_leaves_schedules_secret_and_jobs_as_they_were(
    number: signal.Signals, during: str, starts: int, identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, told = platform(), Told.run

    def run(self: Told, *words: str, stdin: str | None = None, check: bool = True) -> str:
        answer = told(self, *words, stdin=stdin, check=check)
        if during in self.told[-1]:
            signal.raise_signal(number)
        return answer

    monkeypatch.setattr(Told, "run", run)
    monkeypatch.setattr(restoration, "Cluster", lambda _: cluster)

    assert main([f"--identity={identity}"]) == 128 + number
    assert cluster.told[-len(SCHEDULES) :] == [patch(name, suspend=False) for name in SCHEDULES]
    counts = [sum(line.startswith(what) for line in cluster.told) for what in ("create --filename", "delete secret")]
    assert counts[0] == counts[1]
    assert cluster.told.count("scale deployment/mlflow --replicas=2") == starts


def test_a_job_that_is_begun_while_a_signal_comes_does_not_go_on(
    identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, begin = platform(), jobs.begin

    def interrupted(where: Cluster, template: str) -> str:
        name = begin(where, template)
        signal.raise_signal(signal.SIGTERM)
        return name

    monkeypatch.setattr(jobs, "begin", interrupted)
    monkeypatch.setattr(restoration, "Cluster", lambda _: cluster)

    assert main([f"--identity={identity}"]) == 128 + signal.SIGTERM
    assert any(line.startswith("delete job mlflow-restore-") for line in cluster.told)


def test_a_signal_that_is_ignored_stays_so(identity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, told = platform(), Told.run

    def run(self: Told, *words: str, stdin: str | None = None, check: bool = True) -> str:
        signal.raise_signal(signal.SIGHUP)
        return told(self, *words, stdin=stdin, check=check)

    monkeypatch.setattr(Told, "run", run)
    monkeypatch.setattr(restoration, "Cluster", lambda _: cluster)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert main([f"--identity={identity}"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_signal_does_not_disturb_what_the_first_one_began(
    identity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, told = platform(), Told.run

    def run(self: Told, *words: str, stdin: str | None = None, check: bool = True) -> str:
        signal.raise_signal(signal.SIGINT)
        return told(self, *words, stdin=stdin, check=check)

    monkeypatch.setattr(Told, "run", run)
    monkeypatch.setattr(restoration, "Cluster", lambda _: cluster)

    assert main([f"--identity={identity}"]) == 128 + signal.SIGINT
    assert cluster.told == [patch("mlflow-backup", suspend=False)]
