"""The alerts about what DataHub is told, as Kubernetes sees the ingestion's CronJob and its Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.jobs import last_has_failed
from components.monitoring.rules.model import Alert, Severity, duration
from components.monitoring.rules.scope import HOUR, MINUTE
from components.monitoring.rules.settings import INGESTION, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

_CRON_JOB = f'cronjob="{INGESTION}"'
_JOBS = f'job_name=~"{INGESTION}-.+"'
"""Those that somebody starts by hand too."""
_ALLOWED_SECONDS = 3 * HOUR
"""Of hourly runs two may fail."""


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts, where a DataHub is told."""
    return [_too_old(scope), _failed(scope)] if scope.watched.metadata_ingestion else []


def _too_old(scope: RuleScope) -> Alert:
    allowed = scope.seconds(_ALLOWED_SECONDS)
    success = scope.series("kube_cronjob_status_last_successful_time", _CRON_JOB)
    # Until the first success, since the CronJob was made.
    begun = scope.series("kube_cronjob_created", _CRON_JOB)
    return scope.alert(
        AlertName.INGESTION_TOO_OLD,
        Severity.WARNING,
        expr=f"""
            time() - max by (namespace) (
              {success}
              or on (namespace, cronjob)
              {begun}
            ) > {allowed}
        """,
        hold=5 * MINUTE,
        summary="DataHub does not know what MLflow holds by now.",
        description=(
            "DataHub was last told what MLflow in {{ $labels.namespace }} holds {{ $value | humanizeDuration }} ago, "
            f"more than the allowed {duration(allowed)}."
        ),
    )


def _failed(scope: RuleScope) -> Alert:
    return scope.alert(
        AlertName.INGESTION_FAILED,
        Severity.WARNING,
        expr=last_has_failed(scope, _JOBS),
        hold=MINUTE,
        summary="The last ingestion into DataHub has failed.",
        description="The last ingestion from MLflow in {{ $labels.namespace }} into DataHub has failed.",
    )
