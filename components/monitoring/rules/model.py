"""Rules as plain data, in the shape that a PrometheusRule and a rule file of Prometheus share."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from textwrap import dedent
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


class Severity(Enum):
    """What an alert asks of people (monitoring-mixins, "Guidelines for alert names, labels, and annotations")."""

    CRITICAL = "critical"
    """Somebody has to act now."""
    WARNING = "warning"
    """Somebody has to act within days."""
    INFO = "info"
    """Nobody has to act; it helps to understand other alerts."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alerting rule."""

    name: str
    expr: str
    hold_seconds: int
    """For so long the expression has to be true before the alert fires."""
    labels: Mapping[str, str]
    summary: str
    """The same sentence for every instance of the alert."""
    description: str
    """A template of Prometheus, with the labels and the value of one instance."""
    runbook_url: str

    def rule(self) -> dict[str, Any]:
        """Write the rule."""
        return {
            "alert": self.name,
            "expr": _lines(self.expr),
            "for": duration(self.hold_seconds),
            "labels": dict(self.labels),
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": self.runbook_url,
            },
        }


@dataclass(frozen=True, kw_only=True)
class RecordingRule:
    """An expression that several alerts or dashboards share."""

    record: str
    """`level:metric:operations`: labels that are left, what is counted, and what was done to it."""
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Added to the result."""

    def rule(self) -> dict[str, Any]:
        """Write the rule."""
        written: dict[str, Any] = {"record": self.record, "expr": _lines(self.expr)}
        return {**written, "labels": dict(self.labels)} if self.labels else written


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other: an alert sees what a rule before it has just recorded."""

    name: str
    interval_seconds: int
    rules: Sequence[RecordingRule | Alert]

    def manifest(self) -> dict[str, Any]:
        """Write the group."""
        return {
            "name": self.name,
            "interval": duration(self.interval_seconds),
            "rules": [each.rule() for each in self.rules],
        }


def duration(seconds: int) -> str:
    """Write a duration as a person would: `5m`, not `300s`."""
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _lines(expr: str) -> str:
    return dedent(expr).strip()
