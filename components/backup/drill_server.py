"""MLflow on what a drill has restored.

The backup program's image has no MLflow, and the server's no backup program. So the drill's command to start a server
(images/backup/mlflow_backup/commands/drill_server.py) only says where, and a second container of the same pod starts
MLflow: a native sidecar (Kubernetes 1.29), which waits for that and is ended with the drill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.backup import files
from components.backup.parts import shared
from components.backup.pod import environment
from components.pods import Helper
from components.store_clients import mlflow_bucket_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.backup.args import BackupScope
    from components.backup.parts import Part

NAME = "drill-server"
_WORDS = "{port} {database} {bucket} {prefix}"
"""The program puts values in their places."""
SERVER_COMMAND = (
    f'sh -c \'echo "{_WORDS}" >{files.DRILL_PLACE}.new'
    f" && mv {files.DRILL_PLACE}.new {files.DRILL_PLACE} && exec sleep 86400'"
)
"""Ends when the program ends it."""
# The shell stays the first process, which no signal ends that it does not handle.
_SCRIPT = f"""\
trap 'kill "$server" 2>/dev/null; exit 0' TERM
until [ -s {files.DRILL_PLACE} ]; do sleep 1; done
read -r port database bucket prefix <{files.DRILL_PLACE}
mlflow server --host 127.0.0.1 --port "$port" --workers 1 \\
    --backend-store-uri "postgresql+psycopg2:///$database?service={files.DATABASE_SERVICE}" \\
    --artifacts-destination "s3://$bucket/$prefix" &
server=$!
wait "$server"
"""


def drill_server(scope: BackupScope, given: Sequence[Part]) -> Helper:
    """Describe the sidecar. It sees neither the backups nor the private key.

    Args:
        scope: Whose it is.
        given: Whom to trust, the drill's login and its key to the scratch bucket.
    """
    container = core.v1.ContainerArgs(
        name=NAME,
        image=scope.args.served.image,
        image_pull_policy="IfNotPresent",
        restart_policy="Always",
        command=["sh", "-c", _SCRIPT],
        env=environment(_variables(scope)),
        # As a pod of the server with one worker takes at rest, and some more.
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "640Mi"}, limits={"cpu": "1", "memory": "1536Mi"}
        ),
    )
    return Helper(container=container, mounts=[*(mount for part in given for mount in part.mounts), shared()])


def _variables(scope: BackupScope) -> dict[str, pulumi.Input[str]]:
    return {
        "PGSERVICEFILE": f"{files.DATABASE_DIR}/{files.DATABASE_LOGIN}",
        "HOME": files.TEMPORARY_DIR,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **mlflow_bucket_variables(
            scope.args.artifacts,
            key=f"{files.ARTIFACTS_DIR}/{files.BUCKET_KEY}",
            authority=f"{files.AUTHORITIES_DIR}/{files.ARTIFACTS_AUTHORITY}",
        ),
    }
