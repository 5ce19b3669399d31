"""What is full, or will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import stores, thresholds
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import containers, pods, rate, recorded, scraped
from components.monitoring.rules import AlertName
from components.monitoring.rules.server import SERVER
from components.monitoring.rules.storage import CONNECTIONS

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_SERVER = f'container="{SERVER}"'
_MUCH, _NEARLY_ALL = 0.8, 0.95
"""Of a limit."""


def resource_use(scope: DashboardScope) -> Page:
    """Make the page of memory, CPU, connections and space."""
    return Page(
        name="resource-use",
        title="MLflow / Resource use",
        description="Memory, CPU, database connections and space: how much is used, and how much there is.",
        since="6h",
        rows=[
            Row(title="Now", looks=[*_pods_now(scope), *(_stores_now(scope) if scope.watched.exporter else [])]),
            Row(title="Pods", looks=_pods(scope)),
            Row(title="Database", looks=_database(scope) if scope.watched.exporter else []),
            Row(title="Bucket", looks=stores.bucket() if scope.watched.exporter else []),
        ],
    )


def _memory(*matchers: str) -> str:
    # The kubelet tells of a container under several of its paths.
    return f"max by (pod, container) ({containers('container_memory_working_set_bytes', *matchers)})"


def _cpu() -> str:
    return f"sum by (pod, container) ({rate(containers('container_cpu_usage_seconds_total'))})"


def _limit(resource: str) -> str:
    limits = containers("kube_pod_container_resource_limits", f'resource="{resource}"')
    return f"max by (pod, container) ({limits})"


def _pods_now(scope: DashboardScope) -> list[Look]:
    return [
        figure(
            "Server memory",
            "Of the server's pod that uses most. Orange from the alert's threshold (alertMemory) on.",
            Query(expr=f"max({_memory(_SERVER)})", legend="fullest pod"),
            unit=units.BytesIEC,
            judged=thresholds.more_is_worse(doubtful=scope.settings.memory_bytes),
            alerts=[AlertName.HIGH_MEMORY],
        ),
        figure(
            "Memory, of its limit",
            "Of the container that is closest to its limit. At the limit the kernel kills it.",
            Query(expr=f"max({_memory()} / {_limit('memory')})", legend="closest container"),
            unit=units.PercentUnit,
            decimals=0,
            judged=thresholds.more_is_worse(doubtful=_MUCH, bad=_NEARLY_ALL),
            alerts=[AlertName.HIGH_MEMORY],
        ),
        figure(
            "CPU, of its limit",
            "Of the container that is closest to its limit. At the limit it has to wait.",
            Query(expr=f"max({_cpu()} / {_limit('cpu')})", legend="closest container"),
            unit=units.PercentUnit,
            decimals=0,
            judged=thresholds.more_is_worse(doubtful=_MUCH, bad=_NEARLY_ALL),
        ),
    ]


def _stores_now(scope: DashboardScope) -> list[Look]:
    return [
        figure(
            "Database connections",
            "Of those that the server's role may open. Beyond the limit PostgreSQL refuses further ones.",
            Query(expr=f"max({recorded(CONNECTIONS)})", legend="of the limit"),
            unit=units.PercentUnit,
            decimals=0,
            judged=thresholds.more_is_worse(doubtful=scope.settings.connection_share, bad=_NEARLY_ALL),
            alerts=[AlertName.DATABASE_CONNECTIONS_HIGH],
        ),
        figure(
            "Database size",
            "Experiments, runs, metrics, parameters, tags, traces and the registry.",
            Query(expr=f"max({scraped('mlflow_database_size_bytes')})", legend="bytes"),
            unit=units.BytesIEC,
        ),
        stores.bucket_size(),
    ]


def _pods(scope: DashboardScope) -> list[Look]:
    throttled = rate(containers("container_cpu_cfs_throttled_seconds_total"))
    received = rate(pods("container_network_receive_bytes_total"))
    sent = rate(pods("container_network_transmit_bytes_total"))
    return [
        chart(
            "Memory of the server",
            "By pod. The dashed line is the alert's threshold (alertMemory).",
            Query(expr=_memory(_SERVER), legend="{{pod}}"),
            unit=units.BytesIEC,
            judged=thresholds.more_is_worse(doubtful=scope.settings.memory_bytes),
            alerts=[AlertName.HIGH_MEMORY],
        ),
        chart(
            "Memory, of its limit",
            "By container. At the limit the kernel kills it.",
            Query(expr=f"{_memory()} / {_limit('memory')}", legend="{{pod}}"),
            unit=units.PercentUnit,
            at_most=1,
            judged=thresholds.more_is_worse(doubtful=_MUCH, bad=_NEARLY_ALL),
        ),
        chart("CPU", "Cores in use, by container.", Query(expr=_cpu(), legend="{{pod}}"), unit=units.Short),
        chart(
            "CPU waited for",
            "Seconds that the threads of a container spent waiting in each second, since it was at its CPU limit.",
            Query(expr=f"sum by (pod, container) ({throttled})", legend="{{pod}}"),
            unit=units.Seconds,
        ),
        chart(
            "Network",
            "Bytes a second, all pods of a direction together. Proxied artifacts make most of it.",
            Query(expr=f"sum({received})", legend="received"),
            Query(expr=f"sum({sent})", legend="sent"),
            unit=units.BytesPerSecondIEC,
        ),
    ]


def _database(scope: DashboardScope) -> list[Look]:
    return [
        chart(
            "Connections",
            "Connections of the server's role, and how many it may open.",
            Query(expr=f"max({scraped('mlflow_database_connections')})", legend="open"),
            Query(expr=f"max({scraped('mlflow_database_connection_limit')})", legend="limit"),
            unit=units.Short,
            alerts=[AlertName.DATABASE_CONNECTIONS_HIGH],
        ),
        chart(
            "Connections, of the limit",
            "The dashed line is the alert's threshold.",
            Query(expr=recorded(CONNECTIONS), legend="of the limit"),
            unit=units.PercentUnit,
            at_most=1,
            judged=thresholds.more_is_worse(doubtful=scope.settings.connection_share),
            alerts=[AlertName.DATABASE_CONNECTIONS_HIGH],
        ),
        chart(
            "Database size",
            "Experiments, runs, metrics, parameters, tags, traces and the registry.",
            Query(expr=f"max({scraped('mlflow_database_size_bytes')})", legend="bytes"),
            unit=units.BytesIEC,
        ),
        chart(
            "Looks at the stores",
            "Seconds that the exporter's last look at each store took; its queries are a load of their own.",
            Query(expr=f"max by (source) ({scraped('mlflow_exporter_refresh_duration_seconds')})", legend="{{source}}"),
            unit=units.Seconds,
            alerts=[AlertName.EXPORTER_FAILING],
        ),
    ]
