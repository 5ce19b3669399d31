"""What every module of rules needs to write one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.monitoring.rules.model import Alert, Severity, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.monitoring.rules.settings import AlertName, AlertSettings, Watched

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class RuleScope:
    """One platform in a Prometheus that may watch several."""

    settings: AlertSettings
    watched: Watched

    def series(self, metric: str, *matchers: str) -> str:
        """Select series of this platform."""
        own = f'namespace="{self.watched.namespace}"'
        return f"{metric}{{{','.join((own, *matchers))}}}"

    def seconds(self, usual: int) -> int:
        """Scale a time by the patience that is set."""
        return max(1, round(usual * self.settings.patience))

    def window(self, usual: int) -> str:
        """Write the range of a rate."""
        return duration(self.seconds(usual))

    def alert(
        self,
        name: AlertName,
        severity: Severity,
        *,
        expr: str,
        hold: int,
        summary: str,
        description: str,
        labels: Mapping[str, str] | None = None,
    ) -> Alert:
        """Make an alert.

        Args:
            name: Of the alert, and of its section in the runbook.
            severity: Unless the settings say another.
            expr: PromQL.
            hold: Seconds that the expression has to be true, when patience is 1.
            summary: A static sentence.
            description: A template.
            labels: What tells rules of the same name apart: alerts with equal labels are one to Alertmanager.
        """
        return Alert(
            name=name.value,
            expr=expr,
            hold_seconds=self.seconds(hold),
            labels={
                "severity": self.settings.severities.get(name, severity).value,
                # What is absent brings no label of its own, and alerts are routed by this one.
                "namespace": self.watched.namespace,
                **(labels or {}),
            },
            summary=summary,
            description=description,
            runbook_url=f"{self.settings.runbook_url}#{name.value.lower()}",
        )


def percent(share: float) -> str:
    """Write a share for people."""
    return f"{share * 100:.3g} %"
