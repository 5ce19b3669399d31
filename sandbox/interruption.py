"""Interruptions that leave nothing half put back.

A signal ends a command as an error would, so that every block on the way up puts back what it has changed, and what is
shielded comes to its end before. Needs nothing but the standard library.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""From the keyboard, from whoever started it, and from a terminal that is closed."""
_KILLED = 128
"""Added to a signal's number, it is the exit code by which a shell tells of it."""


class InterruptedByError(BaseException):
    """A signal asked to end. No `Exception`, so that nothing on the way up takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = _KILLED + number


@contextmanager
def heard() -> Iterator[None]:
    """Have the first signal within a block raise `InterruptedByError`; later ones do not disturb what it began.

    One that is ignored stays so: `nohup` has reasons.
    """
    awaited = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in awaited}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shielded() -> Iterator[None]:
    """Let a block come to its end: a signal is heard after it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise InterruptedByError(number)
