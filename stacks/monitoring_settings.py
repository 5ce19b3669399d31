"""Reads what concerns monitoring: whether, how often and by which labels Prometheus finds the platform.

Alerts and dashboards, which rest on it, have modules of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks import checks
from stacks.alert_settings import read_alerts
from stacks.dashboard_settings import DashboardSettings, read_dashboards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.mlflow_server import ResourceArgs
    from components.monitoring.rules import AlertSettings
    from stacks.canary_settings import CanarySettings
    from stacks.config_reader import ConfigReader

_NOT_FOUND = "Prometheus would not find the monitors"
_SHORTEST_SECONDS = 5
_LONGEST_SECONDS = 120
"""Prometheus forgets a series of which it has seen nothing for five minutes: two scrapes may fail before that."""


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """How Prometheus looks at the platform."""

    scrape_seconds: int
    discovery_labels: Mapping[str, str]
    alerts: AlertSettings | None
    """None: nobody is told of faults."""
    dashboards: DashboardSettings | None
    """None: Grafana shows nothing of the platform."""


def read_monitoring(
    reader: ConfigReader,
    *,
    resources: ResourceArgs,
    canary: CanarySettings | None,
    exporter: bool = True,
    backups: bool = False,
    drill: bool = False,
    point_in_time: bool = False,
) -> MonitoringSettings | None:
    """Read the settings, all of them also where monitoring is off; None when it is.

    Args:
        reader: Collects what is wrong.
        resources: Of the server, whose memory the alerts' threshold has to fit.
        canary: Whose rounds the alerts' windows have to fit.
        exporter: Whether there is one, which alerts about backups need.
        backups: Whether there are any to watch.
        drill: Whether they are restored regularly to prove them.
        point_in_time: Whether the log of the database server is shipped into their bucket.
    """
    wanted = reader.flag("monitoring", "it would be unclear whether Prometheus is to be told")
    wanted = wanted and reader.sound("monitoring")
    scrape_seconds = reader.integer(
        "scrapeInterval", _SHORTEST_SECONDS, _LONGEST_SECONDS, "series would have gaps, or cost too much"
    )
    alerts = read_alerts(
        reader,
        monitored=wanted,
        resources=resources,
        scrape_seconds=scrape_seconds,
        canary_seconds=canary.interval_seconds if canary else None,
        exporter=exporter,
        backups=backups,
        drill=drill,
        point_in_time=point_in_time,
    )
    settings = MonitoringSettings(
        scrape_seconds=scrape_seconds,
        discovery_labels=_labels(reader),
        alerts=alerts,
        dashboards=read_dashboards(reader, monitored=wanted, alerts=alerts is not None),
    )
    return settings if wanted else None


def _labels(reader: ConfigReader) -> dict[str, str]:
    given = reader.structure("monitoringLabels", dict, _NOT_FOUND)
    for name, value in given.items():
        what = checks.label_name(str(name)) or (
            checks.label_value(value) if isinstance(value, str) else "is not a text; put it in quotes"
        )
        if what:
            reader.report("monitoringLabels", f"{name}: {value!r} {what}", "Kubernetes would refuse the monitors")
    return {str(name): str(value) for name, value in given.items()}
