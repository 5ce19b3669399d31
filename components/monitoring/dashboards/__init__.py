"""Dashboards of Grafana. Plain data: this package knows neither Pulumi nor Kubernetes.

Written with the models of Grafana's own SDK and not with its builders, whose import takes twice as long. Its
`Dashboard` warns of a newer format; every Grafana still reads this one, and it is what sidecars are fed with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.dashboards.backups import backups
from components.monitoring.dashboards.errors_and_latency import errors_and_latency
from components.monitoring.dashboards.experiment_tracking import experiment_tracking
from components.monitoring.dashboards.model_registry import model_registry
from components.monitoring.dashboards.resource_use import resource_use
from components.monitoring.dashboards.scope import DashboardScope
from components.monitoring.dashboards.service_health import service_health

if TYPE_CHECKING:
    from components.monitoring.rules import AlertSettings, Watched

_PAGES = (service_health, errors_and_latency, resource_use, experiment_tracking, model_registry, backups)


def dashboards(settings: AlertSettings, watched: Watched) -> dict[str, str]:
    """Make the dashboards of a platform, as JSON by name.

    Args:
        settings: Thresholds and objectives, by which numbers are coloured; what the rules record is shown, so that
            there have to be rules.
        watched: What there is. Panels about what there is not are left out, and with its last panel a dashboard.
    """
    scope = DashboardScope(settings=settings, watched=watched)
    pages = [make(scope) for make in _PAGES]
    return {page.name: page.json(scope) for page in pages if any(row.looks for row in page.rows)}
