"""Ends an engine in order: told once, it finishes what it has begun and unlocks its stack; told twice, it gives up."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Engine(Protocol):
    """A process that can be told to end."""

    def send_signal(self, sig: int, /) -> None:
        """Sends it a signal."""


class Ending:
    """Passes on to the engine what this process is told.

    CI asks with SIGINT and repeats itself with SIGTERM a few seconds later; a person who presses Ctrl-C again means it.
    """

    def __init__(self) -> None:
        """Begins without an engine: one that is started after the wish is told at once."""
        self._engine: Engine | None = None
        self._wished = False

    def of(self, engine: Engine) -> None:
        """Names the engine."""
        self._engine = engine
        if self._wished:
            engine.send_signal(signal.SIGINT)

    def wish(self, number: int, _frame: object) -> None:
        """Handles a signal."""
        repeated = self._wished and number == signal.SIGTERM
        self._wished = True
        if self._engine and not repeated:
            self._engine.send_signal(signal.SIGINT)


@contextmanager
def orderly() -> Iterator[Ending]:
    """Has signals passed on while it lasts."""
    ending = Ending()
    before = {number: signal.signal(number, ending.wish) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
