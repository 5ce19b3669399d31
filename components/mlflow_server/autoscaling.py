"""The optional HorizontalPodAutoscaler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, autoscaling

from components.metadata import name_of

if TYPE_CHECKING:
    from components.mlflow_server.args import ServerScope

_CALM_SECONDS = 300
"""Load has to stay low for so long before a pod goes: a start costs 10 s of a whole core."""


def autoscaler(scope: ServerScope, deployment: apps.v1.Deployment) -> autoscaling.v2.HorizontalPodAutoscaler:
    """Scale the Deployment by CPU, which is what limits a server process; needs the cluster's metrics API."""
    scaling = scope.args.scaling
    cpu = autoscaling.v2.MetricSpecArgs(
        type="Resource",
        resource=autoscaling.v2.ResourceMetricSourceArgs(
            name="cpu",
            target=autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=scaling.cpu_percent),
        ),
    )
    return autoscaling.v2.HorizontalPodAutoscaler(
        f"{scope.name}-autoscaler",
        metadata=scope.metadata(scope.args.service.name),
        spec=autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1",
                kind="Deployment",
                name=name_of(deployment.metadata),
            ),
            min_replicas=scaling.replicas,
            max_replicas=scaling.max_replicas,
            metrics=[cpu],
            behavior=autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_down=autoscaling.v2.HPAScalingRulesArgs(stabilization_window_seconds=_CALM_SECONDS)
            ),
        ),
        opts=scope.options(),
    )
