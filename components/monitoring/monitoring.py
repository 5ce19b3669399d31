"""The component itself."""

from __future__ import annotations

import pulumi

from components.labels import Labels
from components.monitoring.alerting import prometheus_rule
from components.monitoring.args import MonitoringArgs  # noqa: TC001 - Pulumi evaluates a component's annotations
from components.monitoring.dashboard_config_maps import dashboard_config_maps
from components.monitoring.scraping import pod_monitor, service_monitor
from components.scope import Scope


class Monitoring(pulumi.ComponentResource):
    """Monitors and rules for a Prometheus that the Prometheus operator runs, and dashboards for the Grafana beside it.

    Such as those of kube-prometheus-stack. Left out: Prometheus and Grafana themselves, and Prometheus's way to the
    pods, which the NetworkPolicies of those pods allow.
    """

    monitors: list[str]
    """Names of the ServiceMonitor and of the PodMonitors."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:monitoring:Monitoring", name, None, opts)
        scope = Scope(name=name, args=args, labels=Labels(instance=name, component="monitoring"), parent=self)
        service_monitor(scope, args.server)
        for endpoint in args.others:
            pod_monitor(scope, endpoint)
        if args.rules:
            prometheus_rule(scope, args.rules)
        if args.dashboards:
            dashboard_config_maps(scope, args.dashboards)

        self.monitors = [args.server.job, *(endpoint.job for endpoint in args.others)]
        self.register_outputs({"monitors": self.monitors})
