"""The monitors: where the Prometheus operator finds what to scrape.

They say how to scrape. Who may open the connections is a matter of the NetworkPolicies of the scraped pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.monitoring.custom_resource import custom_resource

if TYPE_CHECKING:
    from pulumi_kubernetes import apiextensions

    from components.contracts import MetricsEndpoint
    from components.monitoring.args import MonitoringScope

_LONGEST_SCRAPE_SECONDS = 10
"""Prometheus's own default; a scrape may not take longer than the interval."""
_NODE = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
"""Pod, container and namespace come by themselves."""
_VERSION = "app.kubernetes.io/version"


def service_monitor(scope: MonitoringScope, endpoint: MetricsEndpoint) -> apiextensions.CustomResource:
    """Scrape the pods behind a Service, whose name Prometheus takes as their job."""
    spec = {
        "selector": {"matchLabels": dict(endpoint.selector)},
        "endpoints": [_how(scope, endpoint, [_NODE])],
        "podTargetLabels": [_VERSION],
    }
    return custom_resource(scope, "ServiceMonitor", "service-monitor", endpoint.job, spec)


def pod_monitor(scope: MonitoringScope, endpoint: MetricsEndpoint) -> apiextensions.CustomResource:
    """Scrape pods at a port that no Service has."""
    job = {"targetLabel": "job", "replacement": endpoint.job}
    spec = {
        "selector": {"matchLabels": dict(endpoint.selector)},
        "podMetricsEndpoints": [_how(scope, endpoint, [_NODE, job])],
        "podTargetLabels": [_VERSION],
    }
    return custom_resource(scope, "PodMonitor", f"{endpoint.job}-pod-monitor", endpoint.job, spec)


def _how(scope: MonitoringScope, endpoint: MetricsEndpoint, relabelings: list[dict[str, Any]]) -> dict[str, Any]:
    interval = scope.args.scrape_seconds
    return {
        "port": endpoint.port,
        "path": endpoint.path,
        "interval": f"{interval}s",
        "scrapeTimeout": f"{min(interval, _LONGEST_SCRAPE_SECONDS)}s",
        "relabelings": relabelings,
    }
