"""Metrics of a loop, collected."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Point = tuple[str, float, int, int]


class MetricBatch:
    """Keeps points until there are enough of them for a request."""

    def __init__(self, log: Callable[[list[Point]], None], size: int) -> None:
        self._log = log
        self._size = size
        self._points: list[Point] = []

    def log(self, metrics: Mapping[str, float], *, step: int) -> None:
        """Adds a point of each metric, at the time of the call."""
        now = int(time.time() * 1000)
        self._points += [(key, value, now, step) for key, value in metrics.items()]
        if len(self._points) >= self._size:
            self.flush()

    def flush(self) -> None:
        """Logs what is collected; it stays collected where that fails."""
        if self._points:
            self._log(self._points)
            self._points = []
