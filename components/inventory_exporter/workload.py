"""The pod of the exporter, and how it is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core

from components.inventory_exporter import configuration
from components.pods import pod_spec, probe, variables_of
from components.workload import METRICS_PORT_NAME, Pace, deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.inventory_exporter.args import ExporterScope

METRICS_PATH = "/metrics"
"""Answered from memory, so that a dead database never restarts the exporter."""
_EXIT_SECONDS = 10
_PROGRESS_SECONDS = 300
"""The start-up probe's two minutes, and the download of the image to another node."""


def rollout(
    scope: ExporterScope, service_account: core.v1.ServiceAccount, after: Sequence[pulumi.Resource]
) -> apps.v1.Deployment:
    """Make the Deployment. One pod is enough: a gap in these series while it moves tells nobody anything."""
    args = scope.args
    pod = pod_spec(
        _container(scope),
        configuration.mounts(scope),
        service_account=service_account,
        image_pull_secret=args.image_pull_secret,
    )
    pod.termination_grace_period_seconds = _EXIT_SECONDS
    pace = Pace(progress_seconds=_PROGRESS_SECONDS, turn_seconds=_PROGRESS_SECONDS, pods=1)
    return deployment(scope, args.deployment, pod, replicas=1, after=after, pace=pace)


def _container(scope: ExporterScope) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="exporter",
        image=scope.args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", configuration.MODULE],
        env_from=variables_of(configuration.settings(scope)),
        ports=[
            core.v1.ContainerPortArgs(name=METRICS_PORT_NAME, container_port=configuration.METRICS_PORT, protocol="TCP")
        ],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "20m", "memory": "96Mi"}, limits={"cpu": "500m", "memory": "192Mi"}
        ),
        startup_probe=probe(METRICS_PATH, METRICS_PORT_NAME, period=2, failures=60),
        liveness_probe=probe(METRICS_PATH, METRICS_PORT_NAME, period=10, failures=6),
        readiness_probe=probe(METRICS_PATH, METRICS_PORT_NAME, period=10, failures=2),
    )
