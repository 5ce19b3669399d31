"""The Deployment of the gateway, and the Service in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import apps, core, meta

from components.access_gateway import configuration, envoy
from components.access_gateway.envoy.operations_listener import READY_PATH, STARTED_PATH
from components.access_gateway.scope import Scope, name_of
from components.pods import apart, hardened, spread, unprivileged

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT_NAME = "http"
METRICS_PORT_NAME = "metrics"
_USER = 65532
"""What distroless images call `nonroot`."""
_NOTICE_SECONDS = 10
"""Proxies still send requests until they hear that the endpoint has gone."""
_FINISH_SECONDS = 60
"""For a request that has begun, as long as MLflow's own pods give it."""
_EXIT_SECONDS = 5
_OLD_REPLICA_SETS = 2
_PROGRESS_SECONDS = 300
"""Within that a new pod has to become ready, the download of the image included, or the rollout counts as failed."""
_TURN_SECONDS = 60
"""For each further pod."""
_STARTUP_SECONDS = 240
"""For the first fetch of the signing keys; then the container is begun anew."""


def deployment(
    scope: Scope,
    service_account: core.v1.ServiceAccount,
    settings: core.v1.ConfigMap,
    after: Sequence[pulumi.Resource],
) -> apps.v1.Deployment:
    """Make the Deployment, which adds a ready pod before it takes one away."""
    args = scope.args
    patience = f"{_PROGRESS_SECONDS + _TURN_SECONDS * (args.replicas - 1)}s"
    template = core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=_pod(scope, service_account, settings)
    )
    return apps.v1.Deployment(
        f"{scope.name}-deployment",
        metadata=scope.metadata(args.service.name),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=args.replicas,
            revision_history_limit=_OLD_REPLICA_SETS,
            progress_deadline_seconds=_PROGRESS_SECONDS,
            selector=scope.selector(),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=template,
        ),
        opts=pulumi.ResourceOptions.merge(
            scope.options(after),
            pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)),
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


def _pod(scope: Scope, service_account: core.v1.ServiceAccount, settings: core.v1.ConfigMap) -> core.v1.PodSpecArgs:
    pull_secret = scope.args.image_pull_secret
    source = core.v1.ConfigMapVolumeSourceArgs(name=name_of(settings.metadata))
    return core.v1.PodSpecArgs(
        service_account_name=name_of(service_account.metadata),
        automount_service_account_token=False,
        enable_service_links=False,
        image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=pull_secret)] if pull_secret else None,
        # Both names that Envoy resolves are complete: without it every lookup would try the search domains first.
        dns_config=core.v1.PodDNSConfigArgs(options=[core.v1.PodDNSConfigOptionArgs(name="ndots", value="1")]),
        security_context=unprivileged(_USER),
        containers=[_container(scope)],
        volumes=[core.v1.VolumeArgs(name="settings", config_map=source)],
        termination_grace_period_seconds=_NOTICE_SECONDS + _FINISH_SECONDS + _EXIT_SECONDS,
        affinity=apart(scope.labels.selector),
        topology_spread_constraints=spread(scope.labels.selector),
    )


def _container(scope: Scope) -> core.v1.ContainerArgs:
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
        security_context=hardened(),
        volume_mounts=[core.v1.VolumeMountArgs(name="settings", mount_path=configuration.DIRECTORY, read_only=True)],
        lifecycle=core.v1.LifecycleArgs(pre_stop=core.v1.LifecycleHandlerArgs(sleep=farewell)),
        # Only a gateway that has the keys counts as started: during an outage of the team domain, a rollout leaves
        # the pods that still know them.
        startup_probe=_probe(STARTED_PATH, period=1, failures=_STARTUP_SECONDS),
        liveness_probe=_probe(READY_PATH, period=10, failures=6),
        readiness_probe=_probe(READY_PATH, period=5, failures=2),
    )


def _probe(path: str, *, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=METRICS_PORT_NAME),
        period_seconds=period,
        timeout_seconds=3,
        failure_threshold=failures,
    )
