"""The steps against a server, and what Prometheus would read of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from components.canary.program.rounds import Pace, Rounds, Step
from components.canary.program.series import Series
from components.canary.program.workload import Workload

STEPS = ("database", "artifact_upload", "artifact_download", "search")
Told: TypeAlias = Callable[[], list[dict[str, Any]]]
"""Gives the lines of the log so far."""


class Canary:
    """A canary with a memory of its own."""

    def __init__(self, url: str, *, files: int = 10, seconds: float = 5, route: Step | None = None) -> None:
        workload = Workload(url, files=files)
        steps = [Step(name=name, act=getattr(workload, name)) for name in STEPS] + ([route] if route else [])
        self._names = [step.name for step in steps]
        hosts = [step.certificate.host for step in steps if step.certificate]
        self.series = Series(self._names, hosts, now=lambda: 1000.0)
        self.rounds = Rounds(steps, self.series, Pace(interval=60, step=seconds))

    def value(self, name: str, **labels: str) -> float | None:
        return self.series.registry.get_sample_value(name, labels)

    def outcomes(self) -> dict[str, tuple[float | None, float | None]]:
        """Successes and failures of each step."""
        name = "mlflow_canary_steps_total"
        return {
            step: (self.value(name, step=step, outcome="success"), self.value(name, step=step, outcome="failure"))
            for step in self._names
        }

    def samples(self) -> dict[str, set[frozenset[tuple[str, str]]]]:
        found: dict[str, set[frozenset[tuple[str, str]]]] = {}
        for sample in [sample for family in self.series.registry.collect() for sample in family.samples]:
            found.setdefault(sample.name, set()).add(frozenset(sample.labels.items()))
        return found
