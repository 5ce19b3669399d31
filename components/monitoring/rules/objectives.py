"""Objectives of availability and latency: alerts when their budget is spent too fast.

Windows and factors are those of the SRE workbook, chapter 5 (multi-window, multi-burn-rate), as kubernetes-mixin has
them: 2 % of a 30-day budget in an hour, 5 % in six hours, 10 % in three days. The short window ends the alert soon
after the cure.

A step of the canary has one sample a minute, so few that a single failure looks like a catastrophe just after a start.
Two guards against that: the configuration keeps at least `SAMPLES_OF_A_WINDOW` rounds in the shortest window, and a
budget counts as burning only after three bad ones in the long window. Each step counts for itself: a public route that
is down is a fifth of the steps and everything for those who come by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.monitoring.rules.experience import FAILURES, SLOW, number, ratio
from components.monitoring.rules.model import Alert, Severity
from components.monitoring.rules.scope import HOUR, MINUTE, percent
from components.monitoring.rules.settings import LARGEST_BURN, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

_MORE_THAN_TWO = 2.5
"""`increase` reaches beyond the first and last sample: three are never less than 3, two rarely more than 2.5."""


@dataclass(frozen=True, kw_only=True)
class Burn:
    """A speed at which a budget ends before its time."""

    severity: Severity
    long: str
    short: str
    factor: float
    """Times the even speed."""
    hold: int
    """Seconds."""


BURNS = (
    Burn(severity=Severity.CRITICAL, long="1h", short="5m", factor=LARGEST_BURN, hold=2 * MINUTE),
    Burn(severity=Severity.CRITICAL, long="6h", short="30m", factor=6, hold=15 * MINUTE),
    Burn(severity=Severity.WARNING, long="1d", short="2h", factor=3, hold=HOUR),
    Burn(severity=Severity.WARNING, long="3d", short="6h", factor=1, hold=3 * HOUR),
)


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts of both objectives."""
    latency = [_latency(scope, burn) for burn in BURNS] if scope.watched.canary else []
    return [*(_availability(scope, burn) for burn in BURNS), *latency]


def _availability(scope: RuleScope, burn: Burn) -> Alert:
    objective = scope.settings.availability_objective
    return scope.alert(
        AlertName.AVAILABILITY_BUDGET_BURN,
        burn.severity,
        expr=_burning(scope, FAILURES, objective, burn),
        hold=burn.hold,
        labels={"window": burn.long},
        summary="What users do fails more often than the objective allows.",
        description=(
            "{{ $value | humanizePercentage }} of one step of the canary, or of the server's requests, failed within "
            f"{burn.long} in {{{{ $labels.namespace }}}}. The objective allows {percent(1 - objective)}."
        ),
    )


def _latency(scope: RuleScope, burn: Burn) -> Alert:
    settings = scope.settings
    return scope.alert(
        AlertName.LATENCY_BUDGET_BURN,
        burn.severity,
        expr=_burning(scope, SLOW, settings.latency_objective, burn),
        hold=burn.hold,
        labels={"window": burn.long},
        summary="What users do is slow more often than the objective allows.",
        description=(
            "{{ $value | humanizePercentage }} of one step of the canary took more than "
            f"{settings.latency_seconds:g} s within {burn.long} in {{{{ $labels.namespace }}}}. The objective allows "
            f"{percent(1 - settings.latency_objective)}."
        ),
    )


def _burning(scope: RuleScope, record: str, objective: float, burn: Burn) -> str:
    too_much = f"{burn.factor:g} * {1 - objective:.4g}"
    return f"""
        max by (namespace) (
          {scope.series(ratio(record, burn.long))} > {too_much}
          and {scope.series(ratio(record, burn.short))} > {too_much}
          and {scope.series(number(record, burn.long))} > {_MORE_THAN_TWO}
        )
    """
