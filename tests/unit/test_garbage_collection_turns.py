"""The lock of a collection: held for a turn, given up for others, and missed when it is lost."""

from __future__ import annotations

import threading
from typing import Any, Self

import pytest
import sqlalchemy

from components.database_session.lock import LockHeldError
from components.garbage_collection.program import turns
from components.garbage_collection.program.outcome import LaterError
from tests.unit.test_garbage_collection_program import SETTINGS


class Session:
    """A session of which a test says how long it lives."""

    def __init__(self, log: list[str]) -> None:
        self._log = log
        self.alive = True

    def begin(self) -> Session:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def exec_driver_sql(self, _: str) -> None:
        if not self.alive:
            raise sqlalchemy.exc.OperationalError("SELECT 1", None, Exception("it has ended"))

    def close(self) -> None:
        self._log.append("release")


class Stop(threading.Event):
    """A signal that never comes by itself, and waits that take no time."""

    def __init__(self, log: list[str]) -> None:
        super().__init__()
        self._log = log

    def wait(self, timeout: float | None = None) -> bool:
        self._log.append(f"wait {timeout:g}")
        return self.is_set()


class Lock:
    """Turns whose session and clock belong to the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[str] = []
        self.now = 0.0
        self.session = Session(self.log)
        self.stop = Stop(self.log)
        self.held_by: str | None = None
        monkeypatch.setattr(turns, "take_lock", self._take)
        given: Any = self
        self.turns = turns.Turns(given, SETTINGS, self.stop, lambda: self.now)

    def connect(self) -> Session:
        return self.session

    def _take(self, *_: object) -> None:
        if self.held_by:
            raise LockHeldError(f"{self.held_by} holds the lock")
        self.log.append("take")


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> Lock:
    return Lock(monkeypatch)


def test_the_lock_is_held_for_a_turn_and_then_others_may_take_it(lock: Lock) -> None:
    with lock.turns as held:
        held.go_on()
        lock.now = 10
        held.go_on()
        lock.now = 19
        held.go_on()

    assert lock.log == ["take", "release", "wait 5", "take", "release"]


def test_who_has_taken_it_in_between_is_named(lock: Lock) -> None:
    with lock.turns as held:
        lock.now, lock.held_by = 10, "a backup"
        with pytest.raises(LaterError, match="a backup holds the lock"):
            held.go_on()


def test_a_signal_ends_it_between_two_removals_and_in_a_pause(lock: Lock) -> None:
    with lock.turns as held:
        lock.stop.set()
        with pytest.raises(LaterError, match="told to stop"):
            held.go_on()
        with pytest.raises(LaterError, match="told to stop"):
            held._wait(1)


def test_a_lock_that_went_with_its_session_is_noticed(lock: Lock) -> None:
    with lock.turns as held:
        lock.session.alive = False
        with pytest.raises(LaterError, match="the session that holds the lock is gone: Exception: it has ended"):
            held.go_on()
    with pytest.raises(LaterError, match="the lock is not held"):
        lock.turns.check()
