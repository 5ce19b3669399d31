"""What users meet: how much of what they do fails, and how much of it is slow.

Two witnesses. The canary does what users do, once a round, all of it: MLflow itself counts neither artifacts nor what
never reached it. And the server's own count of requests sees every user, but only routes of Flask. Both are recorded
under one name, by `step`: a step of the canary, or `requests`.

A window's name in a record is the usual one, also where patience has made the window itself shorter, so that
dashboards need not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.monitoring.rules.model import RecordingRule
from components.monitoring.rules.scope import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

WINDOWS = {"5m": 5 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR, "6h": 6 * HOUR, "1d": DAY, "3d": 3 * DAY}
"""Seconds by name."""
FAILURES = "namespace_step:mlflow_failures"
SLOW = "namespace_step:mlflow_slow_steps"
BY_STEP = "sum by (namespace, step)"
REQUESTS = 'step="requests"'
_COUNT = "mlflow_canary_step_duration_seconds_count"
_BUCKET = "mlflow_canary_step_duration_seconds_bucket"


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """Something that happens, and how often it is bad."""

    record: str
    bad: str
    """PromQL of the number of bad ones within a window."""
    all: str
    """PromQL of the number of all."""
    step: str | None = None
    """Added where the series have no such label."""

    def recorded(self, window: str) -> list[RecordingRule]:
        labels = {"step": self.step} if self.step else {}
        return [
            RecordingRule(record=ratio(self.record, window), expr=f"({self.bad})\n/\n{self.all}", labels=labels),
            RecordingRule(record=number(self.record, window), expr=self.bad, labels=labels),
        ]


def ratio(record: str, window: str) -> str:
    """Name the share of bad ones within a window."""
    return f"{record}:ratio_rate{window}"


def number(record: str, window: str) -> str:
    """Name the number of bad ones within a window."""
    return f"{record}:increase{window}"


def recordings(scope: RuleScope) -> list[RecordingRule]:
    """Record both, over every window that an alert looks at."""
    return [
        rule
        for name, usual in WINDOWS.items()
        for kind in _kinds(scope, scope.window(usual))
        for rule in kind.recorded(name)
    ]


def _kinds(scope: RuleScope, window: str) -> tuple[_Kind, ...]:
    steps = scope.series("mlflow_canary_steps_total")
    failed = scope.series("mlflow_canary_steps_total", 'outcome="failure"')
    requests = scope.series("mlflow_http_request_total", 'job="mlflow"')
    errors = scope.series("mlflow_http_request_total", 'job="mlflow"', 'status=~"5.."')
    # Clients of Prometheus write 5 as `5` or as `5.0`.
    bound = f'le=~"{scope.settings.latency_seconds:g}(.0)?"'
    counted = f"{BY_STEP} (increase({scope.series(_COUNT)}[{window}]))"
    quick = f"{BY_STEP} (increase({scope.series(_BUCKET, bound)}[{window}]))"
    every = f"sum by (namespace) (increase({requests}[{window}]))"
    return (
        _Kind(
            record=FAILURES,
            bad=f"{BY_STEP} (increase({failed}[{window}]))",
            all=f"{BY_STEP} (increase({steps}[{window}]))",
        ),
        _Kind(
            record=FAILURES,
            # A status is counted from its first occurrence on; before that there is no series of it.
            bad=f"sum by (namespace) (increase({errors}[{window}])) or 0 * {every}",
            all=every,
            step="requests",
        ),
        _Kind(record=SLOW, bad=f"{counted} - {quick}", all=counted),
    )
