"""SIGTERM and SIGINT end the program as an error would: what is under way is undone, and nothing half done counts."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from mlflow_backup.failures import StoppedError

if TYPE_CHECKING:
    from types import FrameType

_STOPPED = threading.Event()
"""For the other threads, which hear of no signal."""


def stop_on_signals() -> None:
    """Have the next signal raise `StoppedError` in the main thread, and in the others when they next ask."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def raise_if_stopped() -> None:
    """Give up where a signal has come; streams ask with every block.

    Raises:
        StoppedError: It has.
    """
    if _STOPPED.is_set():
        raise StoppedError


def _stop(_number: int, _frame: FrameType | None) -> None:
    if not _STOPPED.is_set():  # what a first signal began to clean up, a second one does not interrupt
        _STOPPED.set()
        raise StoppedError
