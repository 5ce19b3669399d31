"""A place that is looked at now and then, and what is known of it in between."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from components.program_logging.redaction import in_one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from prometheus_client.metrics_core import Metric

_LOG = logging.getLogger(__name__)
_GOOD_FOR = 3
"""Intervals for which values are told after they were read: a gap is honest, an old number is not."""


@dataclass(frozen=True)
class State:
    """What is known of a source at one time. It is replaced as a whole, so readers need no lock."""

    up: bool = False
    """The last look succeeded, and not too long ago. False until the first one has."""
    values: tuple[Metric, ...] = ()
    taken: float = -math.inf
    """When, by a clock that never jumps."""
    seconds: float | None = None
    """How long the last look took, whatever came of it."""
    last_success: float = 0
    """Unix time; 0 until the first."""


class Source:
    """Looks at one place every `interval` seconds, counted from the end of the look before.

    So a place that is slow to answer gets a pause before it is asked again.
    """

    def __init__(
        self,
        name: str,
        interval: float,
        look: Callable[[], Sequence[Metric]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._interval = interval
        self._look = look
        self._clock = clock
        self._state = State()

    def run(self, stop: Event) -> None:
        """Look again and again until told to stop."""
        while True:
            self.refresh()
            if stop.wait(self._interval):
                return

    def refresh(self) -> None:
        """Look once; a failure is logged and leaves the former values until they are too old."""
        began, failure = self._clock(), None
        try:
            values = tuple(self._look())
        except Exception as error:  # noqa: BLE001 - whatever it was, the next look may succeed
            failure, values = error, ()
        ended = self._clock()
        state = replace(self._state, up=failure is None, seconds=ended - began)
        if failure is None:
            state = replace(state, values=values, taken=ended, last_success=time.time())
        self._state = state
        self._tell(state, failure)

    def state(self) -> State:
        """Tell what is known and still good."""
        state = self._state
        if self._clock() - state.taken > _GOOD_FOR * self._interval:
            # Also where a look hangs, whose predecessor succeeded.
            return replace(state, up=False, values=())
        return state

    def _tell(self, state: State, failure: Exception | None) -> None:
        facts = {"source": self.name, "duration": round(state.seconds or 0, 3)}
        if failure is None:
            _LOG.info("refreshed", extra=facts)
        else:
            _LOG.error("could not refresh", extra={**facts, "error": in_one_line(failure)})


class Inventory(Collector):
    """What a scrape gets: the values of every source and how each of them is. It asks nobody."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Yield what is known."""
        up = _per_source("mlflow_exporter_source_up", "1 when the last look at the source succeeded, or else 0")
        seconds = _per_source("mlflow_exporter_refresh_duration_seconds", "Seconds that the last look took")
        success = _per_source("mlflow_exporter_last_success_timestamp_seconds", "Unix time of the last success, or 0")
        states = {source.name: source.state() for source in self._sources}
        for name, state in states.items():
            up.add_metric([name], state.up)
            success.add_metric([name], state.last_success)
            if state.seconds is not None:
                seconds.add_metric([name], state.seconds)
        yield from (up, seconds, success)
        for state in states.values():
            yield from state.values


def _per_source(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=["source"])
