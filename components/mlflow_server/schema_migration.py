"""The schema migration: one Job per target, finished before a server of that version starts.

MLflow's own lock is a file in the pod's temporary directory, so two servers that start on an empty or old database
race and one of them fails. Hence a single pod migrates. It works on an empty database and on one of MLflow 2 alike.
Old servers keep running on the newer schema until the rollout replaces them. Downgrades are not supported by MLflow:
the Job fails, and the rollout does not begin.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import batch, core, meta

from components.mlflow_server.configuration import common_environment
from components.mlflow_server.pod import server_pod
from components.mlflow_server.server_log import migration_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.mlflow_server.args import ServerScope
    from components.mounts import Mount

_AWAIT_MARGIN_SECONDS = 60
"""Pulumi waits longer than the deadline, so that the Job's own reason is what the operator reads."""
_ATTEMPTS_AFTER_THE_FIRST = 4
_NAME_HASH_LENGTH = 10


def migration_job(
    scope: ServerScope,
    service_account: core.v1.ServiceAccount,
    mounts: Sequence[Mount],
    after: Sequence[pulumi.Resource],
) -> batch.v1.Job:
    """Make the Job; it is registered as created only when it has completed.

    A finished Job is kept (no `ttlSecondsAfterFinished`): Kubernetes deleting it would look like drift. A changed image
    makes a Job of another name; any other change, such as a rotated password, makes it run again, which is harmless and
    finds a login that does not work before the rollout does.
    """
    args = scope.args
    target = sha256(f"{args.image} {args.database.host}:{args.database.port}".encode()).hexdigest()
    container = core.v1.ContainerArgs(
        name="migration",
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=migration_command("$(MLFLOW_BACKEND_STORE_URI)"),
        env=[core.v1.EnvVarArgs(name=name, value=value) for name, value in common_environment(args).items()],
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "512Mi"}, limits={"cpu": args.resources.cpu_limit, "memory": "1Gi"}
        ),
    )
    pod = server_pod(args, service_account, container, mounts)
    pod.restart_policy = "Never"  # each attempt keeps its own log
    patience = f"{args.migration_deadline + _AWAIT_MARGIN_SECONDS}s"
    return batch.v1.Job(
        f"{scope.name}-migration",
        metadata=scope.metadata(
            f"{scope.name}-migrate-{target[:_NAME_HASH_LENGTH]}",
            # A Job that has failed stays failed: the next update replaces it, instead of waiting for it again.
            annotations={"pulumi.com/replaceUnready": "true"},
        ),
        spec=batch.v1.JobSpecArgs(
            parallelism=1,
            completions=1,
            backoff_limit=_ATTEMPTS_AFTER_THE_FIRST,
            active_deadline_seconds=args.migration_deadline,
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=pod),
        ),
        opts=pulumi.ResourceOptions.merge(
            scope.options(after),
            pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)),
        ),
    )
