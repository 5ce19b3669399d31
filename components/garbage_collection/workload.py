"""The CronJob, and the pod of a collection.

What the exit codes of the package `program` mean to Kubernetes: an attempt that is to be made again is not counted, and
is made again with growing intervals until the deadline. Any other failure is the last of its Job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.garbage_collection import configuration
from components.garbage_collection.program.outcome import Outcome
from components.jobs import cron_job, job_spec
from components.pods import pod_spec, variables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_kubernetes import batch

    from components.garbage_collection.args import CollectionScope

_CONTAINER = "garbage-collection"
_EXIT_SECONDS = 60
"""A removal that has begun may end. One that is killed is taken up again the next time."""


def collection_job(
    scope: CollectionScope, service_account: core.v1.ServiceAccount, after: Sequence[pulumi.Resource]
) -> batch.v1.CronJob:
    """Make the CronJob."""
    args = scope.args
    pod = pod_spec(
        _container(scope),
        configuration.mounts(scope),
        service_account=service_account,
        image_pull_secret=args.image_pull_secret,
    )
    pod.termination_grace_period_seconds = _EXIT_SECONDS
    spec = job_spec(
        scope,
        pod,
        container=_CONTAINER,
        retried_code=Outcome.RETRY_LATER.exit_code,
        counted_retries=0,
        deadline_seconds=args.deadline,
    )
    return cron_job(scope, "cron-job", args.cron_job, spec, schedule=args.schedule, after=after)


def _container(scope: CollectionScope) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name=_CONTAINER,
        image=scope.args.image,
        image_pull_policy="IfNotPresent",
        command=["python", "-m", configuration.MODULE],
        env_from=variables_of(configuration.settings(scope)),
        termination_message_path=configuration.MESSAGE_FILE,
        # A program that died before it could write there has logged why.
        termination_message_policy="FallbackToLogsOnError",
        resources=core.v1.ResourceRequirementsArgs(
            requests={"cpu": "100m", "memory": "384Mi"}, limits={"cpu": "500m", "memory": "768Mi"}
        ),
    )
