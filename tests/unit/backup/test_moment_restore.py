"""A restore to a moment looks after its lock before it touches the database, and before what it has written counts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from mlflow_backup.commands import moment_restore as command
from mlflow_backup.failures import RetryLaterError
from mlflow_backup.report import Report
from tests.unit.backup.lock_session import LockSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlflow_backup.point_in_time.settings import FetchSettings

COUNTS = {"public.runs": 3}


class Recovered:
    """An instance that was recovered aside."""

    @contextmanager
    def session(self, _: str) -> Iterator[None]:
        yield


class Settings:
    superuser = "postgres"


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been done to the database."""
    steps: list[str] = []

    def restore_database(_s: str, _d: None, _w: object, _r: bytes, before_commit: Callable[[], None]) -> None:
        steps.append("database")
        before_commit()
        steps.append("commit")

    @contextmanager
    def recovered(*_: object) -> Iterator[Recovered]:
        yield Recovered()

    replaced: dict[str, Any] = {
        "take_lock": lambda _: None,
        "demand_room": lambda *_, **__: b"",
        "fetch": lambda *_: None,
        "recovered": recovered,
        "row_counts": lambda _: COUNTS,
        "revision": lambda _: "dc11669786a5",
        "restore_database": restore_database,
    }
    for name, value in replaced.items():
        monkeypatch.setattr(command, name, value)
    return steps


def restore(looks: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def connected(_: str) -> Iterator[LockSession]:
        yield LockSession(looks)

    monkeypatch.setattr(command, "connected", connected)
    command.restore_moment(
        cast("FetchSettings", Settings()),
        Report("pitr-restore"),
        None,
        service="owner",
        database="mlflow",
        folder=folder,
        replace=True,
    )


@pytest.mark.parametrize(("looks", "begun"), [(0, []), (1, ["database"])])
def test_a_lock_that_is_lost_leaves_the_database_and_the_folder_as_they_were(
    looks: int, begun: list[str], done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(RetryLaterError, match="the database is as it was; run it again") as caught:
        restore(looks, tmp_path, monkeypatch)

    assert caught.value.reason == "lock-lost"
    assert done == begun
    assert list(tmp_path.iterdir()) == []


def test_one_that_holds_lets_it_count(done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restore(2, tmp_path, monkeypatch)

    assert done == ["database", "commit"]
