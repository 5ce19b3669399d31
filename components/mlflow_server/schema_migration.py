"""The schema migration: one Job per target, finished before a server of that version starts.

MLflow's own lock is a file in the pod's temporary directory, so two servers that start on an empty or old database
race and one of them fails. Hence a single pod migrates, and one at a time by a lock in the database. It works on an
empty database and on one of MLflow 2 alike. Old servers keep running on the newer schema until the rollout replaces
them; one that starts anew meanwhile finds that it does not know the schema, and waits for that too. When the Job fails,
the rollout does not begin, and they keep running on the old schema.

What the exit codes of the package `migration` mean to Kubernetes: an attempt that is to be made again is not counted,
and is made again with growing intervals until the deadline. Any other failure is the last. A `FailJob` rule would say
that too, but the Job would then fail for a reason that Pulumi does not know as one (cloud-ready-checks 1.3.0, as of
pulumi-kubernetes 4.25), and wait for until its own time-out; a `backoffLimit` that is exceeded it does know.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import batch, core, meta

from components.mlflow_server import server_log
from components.mlflow_server.configuration import common_environment
from components.mlflow_server.migration import settings
from components.mlflow_server.migration.outcome import Outcome
from components.mlflow_server.pod import server_pod
from components.program_logging.process import configuration
from components.python_files import database_lock_module, logged, package, python_mount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.mlflow_server.args import ServerScope
    from components.mounts import Mount

_AWAIT_MARGIN_SECONDS = 60
"""Pulumi waits longer than the deadline, so that the Job's own reason is what the operator reads."""
_LOCK_SECONDS = 30
"""A migration takes that long; a backup takes longer, and the next attempt waits for it."""
_TABLE_SECONDS = 5
"""So long the servers' requests may wait behind it: less than makes a readiness probe fail."""
_NAME_HASH_LENGTH = 10
_CONTAINER = "migration"
_MODULE = "migration"
"""What the program is called where Python finds it."""
_PYTHON_DIR = "/etc/mlflow/migration"
_LOG = "migration.json"
_SOURCE = Path(__file__).with_name("migration")
_MESSAGE_FILE = "/dev/termination-log"
"""Where the kubelet makes a file for it, by default."""
_LEVELS = {
    # What it is made of, in fifteen lines; what it does to the schema is told by others of its loggers.
    "alembic.runtime.plugins": "WARNING",
}


def program_mount(scope: ServerScope) -> Mount:
    """Make the ConfigMap with the program; its own, so that a change of it does not roll the servers."""
    files = {
        **package(_MODULE, _SOURCE),
        **database_lock_module(),
        _LOG: json.dumps(configuration(["outcome"], _LEVELS), indent=2),
    }
    return python_mount(scope, "migration-program", _PYTHON_DIR, files)


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
    pod = server_pod(args, service_account, _container(scope), mounts)
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
            backoff_limit=0,
            pod_failure_policy=_uncounted_failures(),
            active_deadline_seconds=args.migration_deadline,
            template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=pod),
        ),
        opts=pulumi.ResourceOptions.merge(
            scope.options(after),
            pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)),
        ),
    )


def _container(scope: ServerScope) -> core.v1.ContainerArgs:
    args = scope.args
    variables = {
        **common_environment(args),
        "PYTHONPATH": f"{server_log.PYTHON_DIR}:{_PYTHON_DIR}",
        settings.LOCK_SECONDS: str(_LOCK_SECONDS),
        settings.TABLE_SECONDS: str(_TABLE_SECONDS),
        settings.MESSAGE_FILE: _MESSAGE_FILE,
    }
    return core.v1.ContainerArgs(
        name=_CONTAINER,
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=[*logged(f"{_PYTHON_DIR}/{_LOG}"), _MODULE],
        env=[core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()],
        termination_message_path=_MESSAGE_FILE,
        # A program that died before it could write there has logged why.
        termination_message_policy="FallbackToLogsOnError",
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "512Mi"}, limits={"cpu": args.resources.cpu_limit, "memory": "1Gi"}
        ),
    )


def _uncounted_failures() -> batch.v1.PodFailurePolicyArgs:
    """Say which failures are tried again: by the program's own word, and those of a node instead of the program."""
    later = batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
        container_name=_CONTAINER, operator="In", values=[Outcome.RETRY_LATER.exit_code]
    )
    disrupted = batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(type="DisruptionTarget", status="True")
    return batch.v1.PodFailurePolicyArgs(
        rules=[
            batch.v1.PodFailurePolicyRuleArgs(action="Ignore", on_exit_codes=later),
            batch.v1.PodFailurePolicyRuleArgs(action="Ignore", on_pod_conditions=[disrupted]),
        ]
    )
