"""The pod of a command of the backup program, and the Job around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import batch, core

from components.jobs import job_spec
from components.pods import Helper, pod_spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.backup.args import BackupScope
    from components.backup.parts import Part

_CONTAINER = "backup"
_RETRY_LATER = 4
"""Exit code of the program (images/backup/mlflow_backup/failures.py): somebody has the lock, or a server is away."""
_STOP_SECONDS = 120
"""The program needs so long at most to take back what it has begun: uploads, the scratch of a drill."""
_NEEDED = {"cpu": "100m", "memory": "256Mi"}
_ALLOWED = {"cpu": "1", "memory": "1Gi"}
"""Two parts of 8 MiB for each of 8 artifacts at a time, and some hundred bytes for each artifact there is."""


def command_job(
    scope: BackupScope,
    account: core.v1.ServiceAccount,
    arguments: Sequence[str],
    parts: Sequence[Part],
    *,
    counted_retries: int,
    deadline_seconds: int | None,
    optional: Sequence[core.v1.EnvVarArgs] = (),
    helpers: Sequence[Helper] = (),
) -> batch.v1.JobSpecArgs:
    """Describe a Job that runs one command.

    Args:
        scope: Whose it is.
        account: Identity without rights.
        arguments: The command line, without the program.
        parts: What the command is given.
        counted_retries: How often it is tried again after a failure that does not ask for it.
        deadline_seconds: None: as long as it takes.
        optional: Variables whose values are somewhere else, or nowhere.
        helpers: Further containers.
    """
    container = core.v1.ContainerArgs(
        name=_CONTAINER,
        image=scope.args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", "mlflow_backup"],
        args=list(arguments),
        env=[*environment(*(part.variables for part in parts)), *optional],
        # Its last line is the result.
        termination_message_policy="FallbackToLogsOnError",
        resources=core.v1.ResourceRequirementsArgs(requests=_NEEDED, limits=_ALLOWED),
    )
    pod = pod_spec(
        container,
        [mount for part in parts for mount in part.mounts],
        service_account=account,
        image_pull_secret=scope.args.image_pull_secret,
        helpers=helpers,
    )
    pod.termination_grace_period_seconds = _STOP_SECONDS
    return job_spec(
        scope,
        pod,
        container=_CONTAINER,
        retried_code=_RETRY_LATER,
        counted_retries=counted_retries,
        deadline_seconds=deadline_seconds,
    )


def environment(*variables: Mapping[str, pulumi.Input[str]]) -> list[core.v1.EnvVarArgs]:
    """Write variables as a container takes them."""
    return [core.v1.EnvVarArgs(name=name, value=value) for some in variables for name, value in some.items()]
