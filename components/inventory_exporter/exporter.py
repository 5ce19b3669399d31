"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

import pulumi

from components.contracts import MetricsEndpoint
from components.disruption import disruption_budget
from components.inventory_exporter.args import InventoryExporterArgs  # noqa: TC001 - Pulumi evaluates annotations
from components.inventory_exporter.network_policy import exporter_policy
from components.inventory_exporter.workload import METRICS_PATH, rollout
from components.labels import Labels, version_of
from components.scope import Scope
from components.workload import METRICS_PORT_NAME, service_account

_COMPONENT = "inventory-exporter"


class InventoryExporter(pulumi.ComponentResource):
    """One pod that looks at the database and the bucket now and then, and tells Prometheus what it saw.

    Where there are backups, it looks at their results too. It can read and list, and nothing else. During a rollout
    there are two for some seconds, so queries take the maximum over pods, not the sum. Left out: the role and the keys,
    which those who make database and buckets make, and the monitor.
    """

    selector: dict[str, str]
    """Labels of the pod and of nothing else."""
    metrics: MetricsEndpoint
    """On the pod only."""

    def __init__(self, name: str, args: InventoryExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:monitoring:InventoryExporter", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        account = service_account(scope, args.deployment)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        rollout(scope, account, after=[exporter_policy(scope)])
        disruption_budget(scope, args.deployment)

        self.selector = labels.selector
        self.metrics = MetricsEndpoint(
            job=args.deployment, selector=self.selector, port=METRICS_PORT_NAME, path=METRICS_PATH
        )
        self.register_outputs({"job": args.deployment})
