"""Which Jobs have ended, and how, as kube-state-metrics tells it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope


class Ending(Enum):
    """A Job that is done has one of these conditions."""

    COMPLETE = "kube_job_complete"
    FAILED = "kube_job_failed"


def ended(scope: RuleScope, ending: Ending, jobs: str) -> str:
    """Select Jobs that have ended so; none while they run, attempts that are made again included.

    The Job's condition tells it, not `kube_job_status_failed`: that stays 0 for a Job of which no pod counts as failed,
    such as one that reaches its deadline between two attempts (`internal/store/job.go` of kube-state-metrics 2.15).

    Args:
        scope: Of the platform.
        ending: How.
        jobs: A matcher of `job_name`.
    """
    told = scope.series(ending.value, jobs, 'condition="true"')
    return f"({told} == 1)"


def last_has_failed(scope: RuleScope, jobs: str) -> str:
    """Select the moment of the last of some Jobs that have ended, where that one has failed.

    Jobs that have failed are kept for people to look at, also when a later one has succeeded.

    Args:
        scope: Of the platform.
        jobs: A matcher of `job_name`.
    """

    def last(ending: Ending) -> str:
        made = scope.series("kube_job_created", jobs)
        return f"max by (namespace) ({made} and on (namespace, job_name) {ended(scope, ending, jobs)})"

    return f"""
        {last(Ending.FAILED)}
        unless on (namespace) (
          {last(Ending.COMPLETE)}
          > on (namespace)
          {last(Ending.FAILED)}
        )
    """
