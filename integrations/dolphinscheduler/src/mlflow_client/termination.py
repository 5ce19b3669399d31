"""A killed task as an exception, so that its run ends as killed instead of running forever."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

EXIT_CODE = 128 + signal.SIGTERM
"""What a shell tells of a process that SIGTERM ended."""


class TaskKilled(SystemExit):
    """SIGTERM, as an exception; ends the process with 143 where nobody catches it."""


@contextmanager
def termination_raises() -> Iterator[None]:
    """Raises `TaskKilled` where SIGTERM comes while this holds.

    Not where a handler of the task's own is there, and only in the main thread, which alone can have one.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def status_after(error: BaseException) -> str:
    """The status of a run whose block was left by an exception."""
    if isinstance(error, (TaskKilled, KeyboardInterrupt)):
        return "KILLED"
    if isinstance(error, SystemExit) and not error.code:
        return "FINISHED"
    return "FAILED"


def _raise(_: int, __: FrameType | None) -> None:
    raise TaskKilled(EXIT_CODE)
