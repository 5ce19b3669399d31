"""The one pod, and how it is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apps, core

from components.canary.program_files import AUTHORITY_PATH, MODULE, PROGRAM_DIR
from components.pods import complete_names, pod_spec, probe
from components.workload import METRICS_PORT_NAME, Pace, deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.canary.args import CanaryArgs, CanaryScope
    from components.mounts import Mount

NAME = "mlflow-canary"
METRICS_PORT = 9464
_STEP_SECONDS = 10
"""For one step. Five that all run out of time still end within a minute, the usual interval, the look at the
certificate included."""
_EXIT_SECONDS = 5
"""The program ends as soon as it is told to."""
_PROGRESS_SECONDS = 300
"""The download of the image to a node that has none of the server's pods."""
_SETTLE_SECONDS = 10
"""Before the first round: the NetworkPolicies let a new pod through only after seconds (seen with kube-router)."""


def rollout(
    scope: CanaryScope,
    service_account: core.v1.ServiceAccount,
    program: Mount,
    authority: Mount | None,
    after: Sequence[pulumi.Resource],
) -> apps.v1.Deployment:
    """Make the Deployment."""
    pod = pod_spec(
        _container(scope.args),
        [program, *([authority] if authority else [])],
        service_account=service_account,
        image_pull_secret=scope.args.image_pull_secret,
    )
    pod.termination_grace_period_seconds = _EXIT_SECONDS
    pod.dns_config = complete_names()
    pace = Pace(progress_seconds=_PROGRESS_SECONDS, turn_seconds=0, pods=1)
    return deployment(scope, NAME, pod, replicas=1, after=after, pace=pace)


def _container(args: CanaryArgs) -> core.v1.ContainerArgs:
    variables = {"PYTHONPATH": PROGRAM_DIR, "PYTHONDONTWRITEBYTECODE": "1"}
    return core.v1.ContainerArgs(
        name="canary",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", MODULE],
        args=_command_line(args),
        env=[core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()],
        ports=[core.v1.ContainerPortArgs(name=METRICS_PORT_NAME, container_port=METRICS_PORT, protocol="TCP")],
        # Measured with a public route: 46 MB, and 35 ms of CPU for a round, most of it for the public authorities.
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "10m", "memory": "64Mi"}, limits={"cpu": "250m", "memory": "128Mi"}
        ),
        # Ready says that its numbers can be read, whatever they say of MLflow: an update must not hang on them.
        readiness_probe=probe("/metrics", METRICS_PORT_NAME, period=10, failures=3),
        liveness_probe=probe("/healthz", METRICS_PORT_NAME, period=10, failures=3),
    )


def _command_line(args: CanaryArgs) -> list[str]:
    line = [
        f"--server-url={args.server.url}",
        f"--interval={args.interval_seconds}",
        f"--settle={_SETTLE_SECONDS}",
        f"--step-timeout={_STEP_SECONDS}",
        f"--port={METRICS_PORT}",
    ]
    route = args.public_route
    if route is None:
        return line
    line += [f"--public-url={route.url}", "--public-status", *(str(status) for status in route.statuses)]
    return [*line, f"--public-ca={AUTHORITY_PATH}"] if route.ca_certificate else line
