"""Monitoring, where it is wanted: where Prometheus looks, and when it alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring import Monitoring, MonitoringArgs
from components.monitoring.rules import Group, Watched, groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import MetricsEndpoint
    from components.mlflow_server import MlflowServer
    from stacks.monitoring_settings import MonitoringSettings
    from stacks.settings import Settings


def monitoring(
    settings: Settings, server: MlflowServer, others: Sequence[MetricsEndpoint], cluster: pulumi.ResourceOptions
) -> None:
    """Tell Prometheus of the server and of the others."""
    if settings.monitoring is None:
        return
    Monitoring(
        "monitoring",
        MonitoringArgs(
            namespace=server.namespace,
            server=server.metrics,
            others=others,
            rules=_rules(settings, settings.monitoring, [server.metrics, *others]),
            scrape_seconds=settings.monitoring.scrape_seconds,
            discovery_labels=settings.monitoring.discovery_labels,
        ),
        cluster,
    )


def _rules(settings: Settings, wanted: MonitoringSettings, endpoints: Sequence[MetricsEndpoint]) -> list[Group]:
    if wanted.alerts is None:
        return []
    watched = Watched(
        namespace=settings.namespace.name,
        jobs=[endpoint.job for endpoint in endpoints],
        scrape_seconds=wanted.scrape_seconds,
        # The canary stays inside the cluster.
        public_tls=False,
        keys_max_age_hours=settings.sign_on.gateway.keys.max_age_hours if settings.sign_on else None,
    )
    return groups(wanted.alerts, watched)
