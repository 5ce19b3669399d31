"""The pods of the gateway, and how they are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core

from components.access_gateway import configuration, envoy
from components.access_gateway.envoy.operations_listener import READY_PATH, STARTED_PATH
from components.mounts import config_map_mount
from components.pods import complete_names, pod_spec, probe
from components.workload import METRICS_PORT_NAME, PORT_NAME, Pace, deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.access_gateway.args import GatewayScope

_USER = 65532
"""What distroless images call `nonroot`."""
_NOTICE_SECONDS = 10
"""Proxies still send requests until they hear that the endpoint has gone."""
_FINISH_SECONDS = 60
"""For a request that has begun, as long as MLflow's own pods give it."""
_EXIT_SECONDS = 5
_PROGRESS_SECONDS = 300
"""The start-up probe's four minutes, and the download of the image."""
_TURN_SECONDS = 60
_STARTUP_SECONDS = 240
"""For the first fetch of the signing keys; then the container is begun anew."""


def rollout(
    scope: GatewayScope,
    service_account: core.v1.ServiceAccount,
    settings: core.v1.ConfigMap,
    after: Sequence[pulumi.Resource],
) -> apps.v1.Deployment:
    """Make the Deployment."""
    args = scope.args
    pod = pod_spec(
        _container(scope),
        [config_map_mount("settings", settings, configuration.DIRECTORY)],
        user=_USER,
        service_account=service_account,
        image_pull_secret=args.image_pull_secret,
    )
    pod.termination_grace_period_seconds = _NOTICE_SECONDS + _FINISH_SECONDS + _EXIT_SECONDS
    pod.dns_config = complete_names()
    return deployment(
        scope,
        args.service.name,
        pod,
        replicas=args.replicas,
        after=after,
        pace=Pace(progress_seconds=_PROGRESS_SECONDS, turn_seconds=_TURN_SECONDS, pods=args.replicas),
    )


def _container(scope: GatewayScope) -> core.v1.ContainerArgs:
    # Envoy ends at once when told to, and with it the requests under way; the image has no shell to ask it to drain.
    # So the pod waits first, and serves: connections end with an answer after a few seconds at any time, and new
    # ones go to other pods, so that none is left but those whose request takes longer than the wait.
    farewell = core.v1.SleepActionArgs(seconds=_NOTICE_SECONDS + _FINISH_SECONDS)
    return core.v1.ContainerArgs(
        name="envoy",
        image=scope.args.image,
        image_pull_policy="IfNotPresent",
        command=[envoy.EXECUTABLE],
        args=envoy.command_line(configuration.PATH),
        ports=[
            core.v1.ContainerPortArgs(name=PORT_NAME, container_port=scope.args.service.port, protocol="TCP"),
            core.v1.ContainerPortArgs(
                name=METRICS_PORT_NAME, container_port=configuration.METRICS_PORT, protocol="TCP"
            ),
        ],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "128Mi"},
            limits={"cpu": "1000m", "memory": f"{configuration.MEMORY_MIB}Mi"},
        ),
        lifecycle=core.v1.LifecycleArgs(pre_stop=core.v1.LifecycleHandlerArgs(sleep=farewell)),
        # Only a gateway that has the keys counts as started: during an outage of the team domain, a rollout leaves
        # the pods that still know them.
        startup_probe=probe(STARTED_PATH, METRICS_PORT_NAME, timeout=3, period=1, failures=_STARTUP_SECONDS),
        liveness_probe=probe(READY_PATH, METRICS_PORT_NAME, timeout=3, period=10, failures=6),
        readiness_probe=probe(READY_PATH, METRICS_PORT_NAME, timeout=3, period=5, failures=2),
    )
