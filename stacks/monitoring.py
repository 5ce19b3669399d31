"""Monitoring, where it is wanted: where Prometheus looks, when it alerts, and what Grafana shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring import DashboardArgs, Monitoring, MonitoringArgs
from components.monitoring.rules import Group, Watched, groups
from stacks.canary import public_route_probe

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
    """Tell Prometheus, and where it is wanted Grafana, of the server and of the others."""
    if settings.monitoring is None:
        return
    watched = _watched(settings, settings.monitoring, [server.metrics, *others])
    Monitoring(
        "monitoring",
        MonitoringArgs(
            namespace=server.namespace,
            server=server.metrics,
            others=others,
            rules=_rules(settings.monitoring, watched),
            scrape_seconds=settings.monitoring.scrape_seconds,
            discovery_labels=settings.monitoring.discovery_labels,
            dashboards=_dashboards(settings.monitoring, watched),
        ),
        cluster,
    )


def _watched(settings: Settings, wanted: MonitoringSettings, endpoints: Sequence[MetricsEndpoint]) -> Watched:
    probe = public_route_probe(settings)
    return Watched(
        namespace=settings.namespace.name,
        jobs=[endpoint.job for endpoint in endpoints],
        scrape_seconds=wanted.scrape_seconds,
        public_tls=bool(probe and probe.tls),
        keys_max_age_hours=settings.sign_on.gateway.keys.max_age_hours if settings.sign_on else None,
        garbage_collection=settings.garbage_collection is not None,
        metadata_ingestion=settings.metadata_ingestion is not None,
    )


def _rules(wanted: MonitoringSettings, watched: Watched) -> list[Group]:
    return groups(wanted.alerts, watched) if wanted.alerts else []


def _dashboards(wanted: MonitoringSettings, watched: Watched) -> DashboardArgs | None:
    if wanted.dashboards is None or wanted.alerts is None:
        return None
    # Here and not above: who wants no dashboards is not to wait for the import of Grafana's SDK.
    from components.monitoring.dashboards import dashboards  # noqa: PLC0415

    return DashboardArgs(
        files=dashboards(wanted.alerts, watched),
        label=wanted.dashboards.label,
        label_value=wanted.dashboards.label_value,
        folder=wanted.dashboards.folder,
    )
