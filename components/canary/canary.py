"""The component itself: it composes what the other modules of this package make."""

from __future__ import annotations

import pulumi

from components.canary.args import CanaryArgs  # noqa: TC001 - Pulumi evaluates a component's annotations
from components.canary.network_policy import canary_policy
from components.canary.program_files import authority, program
from components.canary.workload import NAME, rollout
from components.contracts import MetricsEndpoint, NetworkPeer
from components.labels import Labels, version_of
from components.scope import Scope
from components.workload import METRICS_PORT_NAME, service_account

_COMPONENT = "canary"
_METRICS_PATH = "/metrics"


class Canary(pulumi.ComponentResource):
    """One pod that logs a run, stores and fetches a file, searches, and calls the public route, again and again.

    It comes to MLflow by its Service, like any client inside the cluster. MLflow's own counters see neither a request
    that did not arrive nor those for artifacts. Left out: what is made of the numbers (alerts, dashboards), a second
    replica (rounds that overlap would spoil each other's), and presigned delivery of artifacts, where a user's bytes
    take a way past the server that the canary's do not.
    """

    selector: dict[str, str]
    """Labels of the canary's pods and of nothing else."""
    metrics: MetricsEndpoint
    """On the pods only."""

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:monitoring:Canary", name, None, opts)
        labels = Labels(instance=name, component=_COMPONENT, version=version_of(args.image))
        scope = Scope(name=name, args=args, labels=labels, parent=self)
        # Nothing flows from a NetworkPolicy, yet without it a pod of a default-deny namespace reaches nothing.
        rollout(scope, service_account(scope, NAME), program(scope), authority(scope), after=[canary_policy(scope)])

        self.selector = labels.selector
        self.metrics = MetricsEndpoint(job=NAME, selector=self.selector, port=METRICS_PORT_NAME, path=_METRICS_PATH)
        self.register_outputs({})


def canary_peer(name: str) -> NetworkPeer:
    """Say which pods a canary of this Pulumi name has, before it is made: in NetworkPolicies of its own namespace."""
    return NetworkPeer(pod_labels=Labels(instance=name, component=_COMPONENT).selector)
