"""Round after round: each step on its own, at a steady pace."""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.program_logging.redaction import in_one_line

from .connection import Connection
from .workload import Untried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .certificate import Certificate
    from .series import Series

_AGENT = "mlflow-canary"
_STUCK_SECONDS = 60
"""Beyond the pause between rounds: more than a step, its look-up of a name included, ever takes."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something to try."""

    name: str
    act: Callable[[Connection], None]
    verify: str | bool = True
    """As `Connection` takes it."""
    certificate: Certificate | None = None
    """Looked at afterwards, whatever came of the step; neither the time for it nor a failure counts."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds."""

    interval: float
    """From the start of a round to the start of the next."""
    step: float
    """For one step."""


class Rounds:
    """Tries the steps, tells the series and the log, and shows that it is alive."""

    def __init__(
        self,
        steps: Sequence[Step],
        series: Series,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._steps = steps
        self._series = series
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._last_sign = clock()

    def forever(self) -> None:
        """Begin a round at every multiple of the interval; one that comes while a slow one runs is left out.

        The first begins at once, so two canaries that overlap hardly ever work on the run at the same moment.
        """
        begin = self._clock()
        while True:
            self.once()
            elapsed = self._clock() - begin
            beats = int(elapsed // self._pace.interval) + 1
            self._sleep(beats * self._pace.interval - elapsed)

    def once(self) -> None:
        """Try every step once, whatever comes of the others."""
        round_id = secrets.token_hex(8)
        for step in self._steps:
            self._last_sign = self._clock()
            self._try(step, round_id)
            if step.certificate:
                self._last_sign = self._clock()
                self._look_at(step.certificate, step.name, round_id)
        self._series.count_round()
        self._last_sign = self._clock()

    def alive(self) -> bool:
        """Say whether a step has begun or a round has ended lately."""
        return self._clock() - self._last_sign <= self._pace.interval + self._pace.step + _STUCK_SECONDS

    def _try(self, step: Step, round_id: str) -> None:
        begin = self._clock()
        error: Exception | None = None
        headers = {"User-Agent": _AGENT, "X-Request-ID": round_id}
        try:
            connection = Connection(self._pace.step, headers=headers, verify=step.verify, clock=self._clock)
            with closing(connection):
                step.act(connection)
        except Untried as reason:
            _LOG.warning("step not tried", extra={"step": step.name, "round": round_id, "error": str(reason)})
            return
        except Exception as failure:  # noqa: BLE001 - whatever a server makes of it, the other steps are still tried
            error = failure
        seconds = self._clock() - begin
        self._series.count_step(step.name, succeeded=error is None, seconds=seconds)
        told = {"step": step.name, "round": round_id, "duration": round(seconds, 4)}
        if error is None:
            _LOG.info("step succeeded", extra=told)
        else:
            _LOG.error("step failed", extra={**told, "error": in_one_line(error)})

    def _look_at(self, certificate: Certificate, step: str, round_id: str) -> None:
        try:
            self._series.set_certificate_end(certificate.host, certificate.ends())
        except (OSError, ValueError) as failure:
            told = {"step": step, "round": round_id, "error": in_one_line(failure)}
            _LOG.warning("certificate not seen", extra=told)
