"""What runs and stays up: an identity, a Deployment that is updated without a gap, and the Service in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.pods import apart, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.contracts import ServiceAddress
    from components.scope import Placed, Scope

PORT_NAME = "http"
"""What a container calls the port that its Service leads to."""
METRICS_PORT_NAME = "metrics"
"""What it calls one for Prometheus alone, which no Service leads to."""
_OLD_REPLICA_SETS = 2


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long a rollout may take."""

    progress_seconds: int
    """Within that a new pod has to become ready, or the rollout counts as failed."""
    turn_seconds: int
    """For each further pod."""
    pods: int

    @property
    def patience(self) -> pulumi.CustomTimeouts:
        """Let an update end soon after its rollout has stalled, and yet outlast one of many pods, which take turns.

        Pulumi waits for this time-out even when Kubernetes has given the rollout up.
        """
        seconds = f"{self.progress_seconds + self.turn_seconds * (self.pods - 1)}s"
        return pulumi.CustomTimeouts(create=seconds, update=seconds)


def service_account(scope: Scope[Placed], name: str) -> core.v1.ServiceAccount:
    """Make an identity without rights."""
    return core.v1.ServiceAccount(
        f"{scope.name}-service-account",
        metadata=scope.metadata(name),
        automount_service_account_token=False,
        opts=scope.options(),
    )


def deployment(
    scope: Scope[Placed],
    name: str,
    pod: core.v1.PodSpecArgs,
    *,
    replicas: int | None,
    after: Sequence[pulumi.Resource],
    pace: Pace | None = None,
    hooks: pulumi.ResourceHookBinding | None = None,
) -> apps.v1.Deployment:
    """Make the Deployment, which adds a ready pod before it takes one away, and keeps its pods apart.

    Args:
        scope: Whose pods they are.
        name: Name of the object.
        pod: Where it runs is set here.
        replicas: None where an autoscaler owns the number; naming one would fight it at every update.
        after: What has to be there before the pods although no value of it flows into them.
        pace: None leaves the times to Kubernetes and Pulumi.
        hooks: What Pulumi does besides, and when.
    """
    pod.affinity = apart(scope.labels.selector)
    pod.topology_spread_constraints = spread(scope.labels.selector)
    return apps.v1.Deployment(
        f"{scope.name}-deployment",
        metadata=scope.metadata(name),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=replicas,
            revision_history_limit=_OLD_REPLICA_SETS,
            progress_deadline_seconds=pace.progress_seconds if pace else None,
            selector=scope.selector(),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=pod),
        ),
        opts=pulumi.ResourceOptions.merge(
            scope.options(after), pulumi.ResourceOptions(custom_timeouts=pace.patience if pace else None, hooks=hooks)
        ),
    )


def service(scope: Scope[Placed], address: ServiceAddress, after: Sequence[pulumi.Resource]) -> core.v1.Service:
    """Make the Service; it is registered as created when it has a ready endpoint.

    Begun before the rollout of its pods has succeeded, it would only time out.
    """
    port = core.v1.ServicePortArgs(name=PORT_NAME, port=address.port, target_port=PORT_NAME, protocol="TCP")
    return core.v1.Service(
        f"{scope.name}-service",
        metadata=scope.metadata(address.name),
        spec=core.v1.ServiceSpecArgs(type="ClusterIP", selector=scope.labels.selector, ports=[port]),
        opts=scope.options(after),
    )
