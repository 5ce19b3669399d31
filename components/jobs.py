"""What runs to its end: Jobs that an update waits for, and CronJobs, on a schedule or as templates for a person's Jobs.

A failure that says itself that another attempt may succeed is not counted, nor is one of a node: the attempt is made
again with growing intervals until the deadline. Any other counts. A `FailJob` rule could end a Job at once that will
never succeed, but it would then fail for a reason that Pulumi does not know as one (cloud-ready-checks 1.3.0, as of
pulumi-kubernetes 4.25), and wait for until its own time-out; a `backoffLimit` that is exceeded it does know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import batch, core, meta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.scope import Placed, Scope

_AWAIT_MARGIN_SECONDS = 60
"""Pulumi waits longer than the deadline, so that the Job's own reason is what the operator reads."""
_TIME_ZONE = "UTC"
"""The zone that needs no database of zones: at any other, a kube-state-metrics 2.15 without one panics."""
_NEVER = "0 0 1 1 *"
"""A suspended CronJob has to have a schedule too."""
_LATE_SECONDS = 1800
"""A run that could not begin for longer is left out: the next one is near, or does the same tomorrow."""
_KEPT = 3
"""Finished Jobs of each kind whose logs stay."""


def job_spec(
    scope: Scope[Placed],
    pod: core.v1.PodSpecArgs,
    *,
    container: str,
    retried_code: int,
    counted_retries: int,
    deadline_seconds: int | None,
) -> batch.v1.JobSpecArgs:
    """Describe a Job of one pod at a time, each of whose attempts keeps its own log.

    A finished Job is kept (no `ttlSecondsAfterFinished`): Kubernetes deleting it would look like drift.

    Args:
        scope: Whose pod it is.
        pod: Its restart policy is set here.
        container: Name of the container whose exit code counts.
        retried_code: With which it asks for another attempt.
        counted_retries: How often it is tried again after other failures.
        deadline_seconds: For all attempts and the image's download; None: as long as it takes.
    """
    pod.restart_policy = "Never"
    later = batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
        container_name=container, operator="In", values=[retried_code]
    )
    disrupted = batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(type="DisruptionTarget", status="True")
    return batch.v1.JobSpecArgs(
        parallelism=1,
        completions=1,
        backoff_limit=counted_retries,
        pod_failure_policy=batch.v1.PodFailurePolicyArgs(
            rules=[
                batch.v1.PodFailurePolicyRuleArgs(action="Ignore", on_exit_codes=later),
                batch.v1.PodFailurePolicyRuleArgs(action="Ignore", on_pod_conditions=[disrupted]),
            ]
        ),
        active_deadline_seconds=deadline_seconds,
        template=core.v1.PodTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=pod),
    )


def awaited_job(
    scope: Scope[Placed],
    suffix: str,
    name: str,
    spec: batch.v1.JobSpecArgs,
    *,
    deadline_seconds: int,
    after: Sequence[pulumi.Resource],
) -> batch.v1.Job:
    """Make a Job; it is registered as created only when it has completed.

    Another name makes another Job. Any other change makes this one run again.
    """
    patience = f"{deadline_seconds + _AWAIT_MARGIN_SECONDS}s"
    return batch.v1.Job(
        f"{scope.name}-{suffix}",
        # A Job that has failed stays failed: the next update replaces it, instead of waiting for it again.
        metadata=scope.metadata(name, annotations={"pulumi.com/replaceUnready": "true"}),
        spec=spec,
        opts=pulumi.ResourceOptions.merge(
            scope.options(after),
            pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=patience, update=patience)),
        ),
    )


def cron_job(
    scope: Scope[Placed],
    suffix: str,
    name: str,
    spec: batch.v1.JobSpecArgs,
    *,
    schedule: str | None,
    after: Sequence[pulumi.Resource] = (),
) -> batch.v1.CronJob:
    """Make a CronJob.

    Args:
        scope: Whose Jobs they are.
        suffix: End of the Pulumi name.
        name: Name of the object.
        spec: Of each Job.
        schedule: Five fields, in UTC. None: it never runs by itself, and is there for `kubectl create job --from`.
        after: What has to be there before it although no value of it flows here.
    """
    return batch.v1.CronJob(
        f"{scope.name}-{suffix}",
        metadata=scope.metadata(name),
        spec=batch.v1.CronJobSpecArgs(
            schedule=schedule or _NEVER,
            time_zone=_TIME_ZONE,
            suspend=schedule is None,
            concurrency_policy="Forbid",
            starting_deadline_seconds=_LATE_SECONDS,
            successful_jobs_history_limit=_KEPT,
            failed_jobs_history_limit=_KEPT,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=scope.labels.all), spec=spec
            ),
        ),
        opts=scope.options(after),
    )
