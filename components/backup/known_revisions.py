"""Before a backup is restored: which schema revisions does the server's image know?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.backup import files
from components.backup.parts import scratch, shared
from components.backup.pod import environment
from components.mlflow_server.migration_program import KNOWN_REVISIONS, program_files
from components.pods import Helper
from components.python_files import python_mount

if TYPE_CHECKING:
    from components.backup.args import BackupScope
    from components.mounts import Mount

NAME = "known-revisions"


def known_revisions(scope: BackupScope, program: Mount) -> Helper:
    """Describe the container that writes them to where the pod's own reads them, by what `program_mount` has made."""
    variables = {
        "PYTHONPATH": files.PROGRAM_DIR,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": files.TEMPORARY_DIR,
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    container = core.v1.ContainerArgs(
        name=NAME,
        image=scope.args.served.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", KNOWN_REVISIONS, files.KNOWN_REVISIONS],
        env=environment(variables),
        termination_message_policy="FallbackToLogsOnError",
        # MLflow and alembic, imported.
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "1", "memory": "1Gi"}
        ),
    )
    return Helper(container=container, mounts=[program, scratch(), shared()])


def program_mount(scope: BackupScope) -> Mount:
    """Make the ConfigMap with the program that asks MLflow."""
    return python_mount(scope, "program", files.PROGRAM_DIR, program_files())
