"""The schema migration: one Job per target, finished before a server of that version starts.

MLflow's own lock is a file in the pod's temporary directory, so two servers that start on an empty or old database
race and one of them fails. Hence a single pod migrates, and one at a time by a lock in the database. It works on an
empty database and on one of MLflow 2 alike. Old servers keep running on the newer schema until the rollout replaces
them; one that starts anew meanwhile finds that it does not know the schema, and waits for that too. When the Job fails,
the rollout does not begin, and they keep running on the old schema.

By its exit code the package `migration` asks for another attempt; any other failure is the last (`components.jobs`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pulumi_kubernetes import batch, core

from components.jobs import awaited_job, cron_job, job_spec
from components.mlflow_server import server_log
from components.mlflow_server.configuration import common_environment
from components.mlflow_server.migration import settings
from components.mlflow_server.migration.outcome import Outcome
from components.mlflow_server.migration_program import MODULE, program_files
from components.mlflow_server.migration_target import migration_target
from components.mlflow_server.pod import server_pod
from components.program_logging.process import configuration
from components.python_files import logged, python_mount

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.mlflow_server.args import ServerScope
    from components.mounts import Mount

_LOCK_SECONDS = 30
"""A migration takes that long; a backup takes longer, and the next attempt waits for it."""
_TABLE_SECONDS = 5
"""So long the servers' requests may wait behind it: less than makes a readiness probe fail."""
_CONTAINER = "migration"
_PYTHON_DIR = "/etc/mlflow/migration"
_LOG = "migration.json"
_MESSAGE_FILE = "/dev/termination-log"
"""Where the kubelet makes a file for it, by default."""
_LEVELS = {
    # What it is made of, in fifteen lines; what it does to the schema is told by others of its loggers.
    "alembic.runtime.plugins": "WARNING",
}


def program_mount(scope: ServerScope) -> Mount:
    """Make the ConfigMap with the program; its own, so that a change of it does not roll the servers."""
    files = {
        **program_files(),
        _LOG: json.dumps(configuration(["outcome"], _LEVELS), indent=2),
    }
    return python_mount(scope, "migration-program", _PYTHON_DIR, files)


def migration_job(
    scope: ServerScope,
    service_account: core.v1.ServiceAccount,
    mounts: Sequence[Mount],
    after: Sequence[pulumi.Resource],
) -> batch.v1.Job:
    """Make the Job, and a CronJob that is never due, from which a person makes another after a restore.

    A changed image makes a Job of another name; any other change, such as a rotated password, makes it run again, which
    is harmless and finds a login that does not work before the rollout does.
    """
    args = scope.args
    spec = job_spec(
        scope,
        server_pod(args, service_account, _container(scope), mounts),
        container=_CONTAINER,
        retried_code=Outcome.RETRY_LATER.exit_code,
        counted_retries=0,
        deadline_seconds=args.migration_deadline,
    )
    name = f"{scope.name}-migrate"
    job = awaited_job(
        scope,
        "migration",
        f"{name}-{migration_target(args.image, args.database)}",
        spec,
        deadline_seconds=args.migration_deadline,
        after=after,
    )
    # After the Job: until that has succeeded, the servers are of the former image, and so is what a restore needs.
    cron_job(scope, "migrate", name, spec, schedule=None, after=[job])
    return job


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
        command=[*logged(f"{_PYTHON_DIR}/{_LOG}"), MODULE],
        env=[core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()],
        termination_message_path=_MESSAGE_FILE,
        # A program that died before it could write there has logged why.
        termination_message_policy="FallbackToLogsOnError",
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "512Mi"}, limits={"cpu": args.resources.cpu_limit, "memory": "1Gi"}
        ),
    )
