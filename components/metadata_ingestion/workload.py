"""The CronJob, and the pod that tells DataHub everything once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.jobs import cron_job, job_spec
from components.metadata_ingestion import recipe
from components.pods import pod_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_kubernetes import batch

    from components.metadata_ingestion.args import IngestionScope

_CONTAINER = "ingestion"
_RETRY_LATER = 4
"""Exit code of the program (images/ingestion/mlflow_ingestion/failures.py): DataHub or MLflow is away."""


def ingestion_job(
    scope: IngestionScope, service_account: core.v1.ServiceAccount, after: Sequence[pulumi.Resource]
) -> batch.v1.CronJob:
    """Make the CronJob."""
    args = scope.args
    container = core.v1.ContainerArgs(
        name=_CONTAINER,
        image=args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", "mlflow_ingestion"],
        args=[f"--recipe={recipe.RECIPE_FILE}"],
        # DataHub's framework writes to the folder of its user.
        env=[core.v1.EnvVarArgs(name="HOME", value=recipe.TEMPORARY_DIR)],
        # Its last line is the result.
        termination_message_policy="FallbackToLogsOnError",
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "1", "memory": "1Gi"}
        ),
    )
    pod = pod_spec(
        container,
        recipe.mounts(scope),
        service_account=service_account,
        image_pull_secret=args.image_pull_secret,
    )
    spec = job_spec(
        scope,
        pod,
        container=_CONTAINER,
        retried_code=_RETRY_LATER,
        counted_retries=0,
        deadline_seconds=args.deadline,
    )
    return cron_job(scope, "cron-job", args.cron_job, spec, schedule=args.schedule, after=after)
