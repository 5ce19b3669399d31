"""A restore looks after its lock before each store that it writes to, and before what it has written counts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import pytest

from mlflow_backup.commands import restore as command
from mlflow_backup.commands.restoration import Wish
from mlflow_backup.failures import RetryLaterError
from mlflow_backup.report import Report
from tests.unit.backup.lock_session import LockSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow_backup.settings import RestoreSettings


class Steps:
    """A restoration that notes what it is told to do."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        self.done.append("reads")
        yield
        self.done.append("has read")

    def check(self) -> None:
        self.done.append("check")

    def plan(self, **_: bool) -> None:
        self.done.append("plan")

    def artifacts(self, _: None) -> None:
        self.done.append("artifacts")

    def database(self, _database: None, _room: bytes, before_commit: Callable[[], None]) -> None:
        self.done.append("database")
        before_commit()
        self.done.append("commit")

    def compare(self, _: None) -> None:
        self.done.append("compare")


def restored(monkeypatch: pytest.MonkeyPatch, looks: int) -> list[str]:
    """Restore with a lock that is lost after so many looks; what has been done."""
    steps = Steps()

    @contextmanager
    def connected(_: str) -> Iterator[LockSession]:
        yield LockSession(looks)

    monkeypatch.setattr(command, "connected", connected)
    monkeypatch.setattr(command, "take_lock", lambda _: None)
    monkeypatch.setattr(command, "demand_room", lambda *_, **__: b"")
    monkeypatch.setattr(command, "Restoration", lambda *_: steps)

    class Settings:
        service = "restored"

    try:
        command.restore(cast("RestoreSettings", Settings()), Report("restore"), Wish(backup="latest"), replace=True)
    except RetryLaterError as error:
        steps.done += [error.reason, str(error).rpartition(": ")[2]]
    return steps.done


CHECKED = ["reads", "check", "plan"]
LOST = "lock-lost"
UNCHANGED = "artifacts are restored, and the database is as it was; run it again"


@pytest.mark.parametrize(
    ("looks", "done"),
    [
        (0, [*CHECKED, LOST, "nothing has been changed; run it again"]),
        (1, [*CHECKED, "artifacts", LOST, UNCHANGED]),
        (2, [*CHECKED, "artifacts", "database", LOST, UNCHANGED]),
        (3, [*CHECKED, "artifacts", "database", "commit", "compare", "has read"]),
    ],
)
def test_a_lock_that_is_lost_ends_a_restore_before_its_next_step(
    looks: int, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert restored(monkeypatch, looks) == done
