"""The series that Prometheus reads. Their names and labels are a contract with rules and dashboards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OUTCOMES = ("success", "failure")
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds."""


class Series:
    """What is known of the steps; every series is there from the start, since an increase from nothing is none."""

    def __init__(self, steps: Iterable[str], hosts: Iterable[str] = (), now: Callable[[], float] = time.time) -> None:
        """Begin with nothing.

        Args:
            steps: That are tried.
            hosts: Whose certificates are looked at.
            now: Seconds since 1970.
        """
        # Otherwise each counter and histogram comes with a gauge of when it was created.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # its authors do not type it
        self.registry = CollectorRegistry()
        self._now = now
        self._steps = Counter(
            "mlflow_canary_steps", "Steps that were tried.", ["step", "outcome"], registry=self.registry
        )
        self._duration = Histogram(
            "mlflow_canary_step_duration_seconds",
            "How long a step took, whatever came of it.",
            ["step"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._last_success = Gauge(
            "mlflow_canary_last_success_timestamp_seconds",
            "When a step last succeeded; 0 if never.",
            ["step"],
            registry=self.registry,
        )
        self._rounds = Counter("mlflow_canary_rounds", "Rounds of all steps that ended.", registry=self.registry)
        self._last_round = Gauge(
            "mlflow_canary_last_round_timestamp_seconds",
            "When the last round ended; 0 if none has.",
            registry=self.registry,
        )
        self._certificate_end = Gauge(
            "mlflow_canary_certificate_expiry_timestamp_seconds",
            "When the certificate ends that a host shows; 0 if none has been seen.",
            ["host"],
            registry=self.registry,
        )
        for host in hosts:
            self._certificate_end.labels(host)
        for step in steps:
            self._duration.labels(step)
            self._last_success.labels(step)
            for outcome in _OUTCOMES:
                self._steps.labels(step, outcome)

    def count_step(self, step: str, *, succeeded: bool, seconds: float) -> None:
        """Count a step that was tried."""
        self._steps.labels(step, "success" if succeeded else "failure").inc()
        self._duration.labels(step).observe(seconds)
        if succeeded:
            self._last_success.labels(step).set(self._now())

    def set_certificate_end(self, host: str, end: float) -> None:
        """Tell the end of a certificate that was seen."""
        self._certificate_end.labels(host).set(end)

    def count_round(self) -> None:
        """Count a round that ended."""
        self._rounds.inc()
        self._last_round.set(self._now())
