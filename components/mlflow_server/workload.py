"""The pods of the server, and how they are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core

from components.mlflow_server.configuration import (
    GRACEFUL_SECONDS,
    LIVENESS_PATH,
    POD_IP,
    READINESS_PATH,
    allowed_hosts,
)
from components.mlflow_server.handover import after_old_pods
from components.mlflow_server.pod import server_pod
from components.mlflow_server.server_log import server_command
from components.pods import probe, variables_of
from components.workload import PORT_NAME, Pace, deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.mlflow_server.args import MlflowServerArgs, ServerScope
    from components.mounts import Mount

_DRAIN_SECONDS = 10
"""Between the order to stop and the signal: proxies still send requests until they hear that the endpoint has gone."""
_EXIT_SECONDS = 15
_STOP_SECONDS = _DRAIN_SECONDS + GRACEFUL_SECONDS + _EXIT_SECONDS
"""After that Kubernetes kills a pod that was told to stop."""
_PROGRESS_SECONDS = 300
"""The start-up probe's three minutes, and the download of the image to another node."""
_TURN_SECONDS = 90
"""A pod's start on a busy node."""


def rollout(
    scope: ServerScope,
    service_account: core.v1.ServiceAccount,
    settings: core.v1.ConfigMap,
    mounts: Sequence[Mount],
    after: Sequence[pulumi.Resource],
) -> apps.v1.Deployment:
    """Make the Deployment."""
    args, scaling = scope.args, scope.args.scaling
    pod = server_pod(args, service_account, _container(args, settings), mounts)
    pod.termination_grace_period_seconds = _STOP_SECONDS
    return deployment(
        scope,
        args.service.name,
        pod,
        replicas=None if scaling.max_replicas else scaling.replicas,
        after=after,
        pace=Pace(
            progress_seconds=_PROGRESS_SECONDS,
            turn_seconds=_TURN_SECONDS,
            pods=max(scaling.replicas, scaling.max_replicas),
        ),
        hooks=after_old_pods(_STOP_SECONDS),
    )


def _container(args: MlflowServerArgs, settings: core.v1.ConfigMap) -> core.v1.ContainerArgs:
    resources = args.resources
    address = core.v1.EnvVarSourceArgs(field_ref=core.v1.ObjectFieldSelectorArgs(field_path="status.podIP"))
    hosts = ",".join(allowed_hosts(args.access, args.service))
    return core.v1.ContainerArgs(
        name="mlflow",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=server_command(),
        env_from=variables_of(settings),
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
        startup_probe=probe(LIVENESS_PATH, PORT_NAME, period=2, failures=90),
        liveness_probe=probe(LIVENESS_PATH, PORT_NAME, period=10, failures=6),
        readiness_probe=probe(READINESS_PATH, PORT_NAME, period=5, failures=2),
    )
