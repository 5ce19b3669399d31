"""Reads what concerns dashboards: whether there are any, and by what the sidecar of Grafana finds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks import checks
from stacks.discovery_labels import discovery_label

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_NOT_FOUND = "Grafana would not find the dashboards"
_STOCK_LABEL = "grafana_dashboard"
"""What the sidecar of a stock kube-prometheus-stack looks for."""
_FOLDER = re.compile(r"\w([\w .-]{0,61}\w)?")


@dataclass(frozen=True, kw_only=True)
class DashboardSettings:
    """How Grafana gets the dashboards."""

    label: str
    label_value: str
    folder: str | None
    """None: Grafana's own choice."""


def read_dashboards(reader: ConfigReader, *, monitored: bool, alerts: bool) -> DashboardSettings | None:
    """Read the settings, all of them also where there are no dashboards; None when there are none.

    Args:
        reader: Where the values come from.
        monitored: Whether there is monitoring, without which there is nothing to show.
        alerts: Whether there are rules, which record most of what is shown and hold the thresholds that colour it.
    """
    wanted = reader.flag("dashboards", "it would be unclear whether there are to be any") and reader.sound("dashboards")
    settings = DashboardSettings(
        label=reader.text("dashboardLabel", _NOT_FOUND, _label),
        label_value=reader.text("dashboardLabelValue", _NOT_FOUND, checks.label_value),
        folder=reader.optional("dashboardFolder", "the sidecar could not make it", _folder),
    )
    if not wanted:
        return None
    if not monitored and reader.sound("monitoring"):
        _report_missing(reader, "monitoring", "every panel would stay empty")
    elif monitored and not alerts and reader.sound("alerts"):
        _report_missing(reader, "alerts", "most panels would stay empty, since the rules record what they show")
    return settings


def _report_missing(reader: ConfigReader, key: str, consequence: str) -> None:
    fix = f"pulumi config set {key} true, or pulumi config set dashboards false"
    reader.report("dashboards", f"is true, and {key} is false", consequence, fix)


def _label(value: str) -> str | None:
    if not value:
        return f"is empty; the sidecar of a stock kube-prometheus-stack looks for {_STOCK_LABEL}"
    return discovery_label(value)


def _folder(value: str) -> str | None:
    if _FOLDER.fullmatch(value):
        return None
    return "is not letters, digits and inner spaces, hyphens, dots and underscores (63 at most)"
