"""The Deployment of the server, and the Service in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.mlflow_server.configuration import GRACEFUL_SECONDS, POD_IP, allowed_hosts
from components.mlflow_server.pod import Mount, pod_spec
from components.mlflow_server.scope import Scope, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.mlflow_server.args import MlflowServerArgs

PORT_NAME = "http"
_DRAIN_SECONDS = 10
"""Between the order to stop and the signal: proxies still send requests until they hear that the endpoint has gone."""
_EXIT_SECONDS = 15
_LIVENESS_PATH = "/health"
"""Answered by the process alone, so that a dead database never restarts a healthy server."""
_READINESS_PATH = "/api/2.0/mlflow/experiments/search?max_results=1"
"""The cheapest call that reads from the database; `/health` does not."""
_OLD_REPLICA_SETS = 2
_TURN_SECONDS = 90
"""For each further pod: its start on a busy node."""
_PROGRESS_SECONDS = 300
"""Within that a new pod has to become ready, or the rollout counts as failed: the start-up probe's three minutes, and
the download of the image to another node."""


def deployment(
    scope: Scope,
    service_account: core.v1.ServiceAccount,
    settings: core.v1.ConfigMap,
    mounts: Sequence[Mount],
    after: Sequence[pulumi.Resource],
) -> apps.v1.Deployment:
    """Make the Deployment, which adds a ready pod before it takes one away."""
    args, labels = scope.args, scope.labels
    pod = pod_spec(args, service_account, _container(args, settings), mounts)
    pod.termination_grace_period_seconds = _DRAIN_SECONDS + GRACEFUL_SECONDS + _EXIT_SECONDS
    pod.affinity = _apart(scope)
    pod.topology_spread_constraints = [
        _spread(scope, key) for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return apps.v1.Deployment(
        f"{scope.name}-deployment",
        metadata=scope.metadata(args.service.name),
        spec=apps.v1.DeploymentSpecArgs(
            # With an autoscaler the number is its own; naming one here would fight it at every update.
            replicas=None if args.scaling.max_replicas else args.scaling.replicas,
            revision_history_limit=_OLD_REPLICA_SETS,
            progress_deadline_seconds=_PROGRESS_SECONDS,
            selector=scope.selector(),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=labels.all), spec=pod),
        ),
        opts=pulumi.ResourceOptions.merge(
            scope.options(after), pulumi.ResourceOptions(custom_timeouts=_patience(scope))
        ),
    )


def service(scope: Scope, after: Sequence[pulumi.Resource]) -> core.v1.Service:
    """Make the Service; it is registered as created when it has a ready endpoint."""
    args = scope.args
    port = core.v1.ServicePortArgs(name=PORT_NAME, port=args.service.port, target_port=PORT_NAME, protocol="TCP")
    return core.v1.Service(
        f"{scope.name}-service",
        metadata=scope.metadata(args.service.name),
        spec=core.v1.ServiceSpecArgs(type="ClusterIP", selector=scope.labels.selector, ports=[port]),
        opts=scope.options(after),
    )


def _patience(scope: Scope) -> pulumi.CustomTimeouts:
    """Let an update end soon after its rollout has stalled, and yet outlast one of many pods, which take turns.

    Pulumi waits for this time-out even when Kubernetes has given the rollout up.
    """
    scaling = scope.args.scaling
    seconds = _PROGRESS_SECONDS + _TURN_SECONDS * (max(scaling.replicas, scaling.max_replicas) - 1)
    return pulumi.CustomTimeouts(create=f"{seconds}s", update=f"{seconds}s")


def _container(args: MlflowServerArgs, settings: core.v1.ConfigMap) -> core.v1.ContainerArgs:
    resources = args.resources
    address = core.v1.EnvVarSourceArgs(field_ref=core.v1.ObjectFieldSelectorArgs(field_path="status.podIP"))
    hosts = ",".join(allowed_hosts(args.access, args.service))
    return core.v1.ContainerArgs(
        name="mlflow",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=["mlflow", "server"],
        env_from=[
            core.v1.EnvFromSourceArgs(config_map_ref=core.v1.ConfigMapEnvSourceArgs(name=name_of(settings.metadata)))
        ],
        env=[
            core.v1.EnvVarArgs(name=POD_IP.strip("$()"), value_from=address),
            core.v1.EnvVarArgs(name="MLFLOW_SERVER_ALLOWED_HOSTS", value=hosts),
        ],
        ports=[core.v1.ContainerPortArgs(name=PORT_NAME, container_port=args.service.port, protocol="TCP")],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": resources.cpu_request, "memory": resources.memory_request},
            limits={"cpu": resources.cpu_limit, "memory": resources.memory_limit},
        ),
        lifecycle=core.v1.LifecycleArgs(
            pre_stop=core.v1.LifecycleHandlerArgs(sleep=core.v1.SleepActionArgs(seconds=_DRAIN_SECONDS))
        ),
        # Cold start measured: 11 s on two shared cores; three minutes for a node that is busy pulling and starting.
        startup_probe=_probe(_LIVENESS_PATH, period=2, timeout=5, failures=90),
        liveness_probe=_probe(_LIVENESS_PATH, period=10, timeout=5, failures=6),
        readiness_probe=_probe(_READINESS_PATH, period=5, timeout=5, failures=2),
    )


def _probe(path: str, *, period: int, timeout: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=PORT_NAME),
        period_seconds=period,
        timeout_seconds=timeout,
        failure_threshold=failures,
    )


def _apart(scope: Scope) -> core.v1.AffinityArgs:
    term = core.v1.PodAffinityTermArgs(topology_key="kubernetes.io/hostname", label_selector=scope.selector())
    return core.v1.AffinityArgs(
        pod_anti_affinity=core.v1.PodAntiAffinityArgs(
            preferred_during_scheduling_ignored_during_execution=[
                core.v1.WeightedPodAffinityTermArgs(weight=100, pod_affinity_term=term)
            ]
        )
    )


def _spread(scope: Scope, topology_key: str) -> core.v1.TopologySpreadConstraintArgs:
    # Preferred, not required: a cluster of one node has to run the platform too.
    return core.v1.TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key=topology_key,
        when_unsatisfiable="ScheduleAnyway",
        label_selector=scope.selector(),
        # Without it, the pods that a rollout is about to remove count too and skew the new ones.
        match_label_keys=["pod-template-hash"],
    )
