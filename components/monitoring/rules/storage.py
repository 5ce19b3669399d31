"""Alerts about the database and the bucket behind the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.experience import FAILURES, REQUESTS, number, ratio
from components.monitoring.rules.model import Alert, RecordingRule, Severity
from components.monitoring.rules.scope import MINUTE, percent
from components.monitoring.rules.settings import SOURCE_UP, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

CONNECTIONS = "namespace:mlflow_database_connections:ratio"
_WINDOW = "5m"
_DATABASE = 'step="database"'
_ARTIFACTS = 'step=~"artifact_.+"'
_STEP_FAILS = 0.3
"""With a round a minute, two of the last five. One that failed may have met a pod that was on its way out."""
_MORE_THAN_ONE = 1.5
"""`increase` reaches beyond the first and last sample: one may be 1.3, two are never less than 2."""
_REQUESTS_FAIL = 0.1
_FEW_REQUESTS = 5
"""Errors that come one by one in an idle hour are a matter of their own requests."""


def recordings(scope: RuleScope) -> list[RecordingRule]:
    """Record how much of the role's connections are open; a role without a limit has no such share."""
    used = scope.series("mlflow_database_connections")
    limit = scope.series("mlflow_database_connection_limit")
    return [
        RecordingRule(record=CONNECTIONS, expr=f"max by (namespace) ({used})\n/\n(max by (namespace) ({limit}) > 0)")
    ]


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts."""
    artifacts = [_artifacts(scope)] if scope.watched.canary else []
    return [_database(scope), *artifacts, _connections(scope)]


def _failing(scope: RuleScope, step: str, share: float, more_than: float) -> str:
    failing = scope.series(ratio(FAILURES, _WINDOW), step)
    return f"({failing} > {share:g} and {scope.series(number(FAILURES, _WINDOW), step)} > {more_than:g})"


def _database(scope: RuleScope) -> Alert:
    reached = scope.series(SOURCE_UP, 'source="database"')
    works = scope.series(ratio(FAILURES, _WINDOW), _DATABASE)
    return scope.alert(
        AlertName.DATABASE_ERROR,
        Severity.CRITICAL,
        # Three witnesses: the canary, the users, and where neither is there to tell, the exporter, which has a login
        # of its own that may be what is broken.
        expr=f"""
            max by (namespace) (
              {_failing(scope, _DATABASE, _STEP_FAILS, _MORE_THAN_ONE)}
              or {_failing(scope, REQUESTS, _REQUESTS_FAIL, _FEW_REQUESTS)}
              or ((1 - {reached}) > 0 unless on (namespace) {works} < 1)
            )
        """,
        hold=MINUTE,
        summary="MLflow does not get along with its database.",
        description=(
            "{{ $value | humanizePercentage }} of the latest attempts failed to use the database of "
            "{{ $labels.namespace }}."
        ),
    )


def _artifacts(scope: RuleScope) -> Alert:
    database = scope.series(ratio(FAILURES, _WINDOW), _DATABASE)
    return scope.alert(
        AlertName.ARTIFACT_FAILED,
        Severity.CRITICAL,
        # Without its database MLflow stores no artifact either, and there is an alert for that.
        expr=f"""
            max by (namespace, step) (
              {_failing(scope, _ARTIFACTS, _STEP_FAILS, _MORE_THAN_ONE)}
            )
            unless on (namespace) {database} > {_STEP_FAILS:g}
        """,
        hold=MINUTE,
        summary="Artifacts cannot be stored or fetched.",
        description=(
            "{{ $value | humanizePercentage }} of the canary's latest attempts at {{ $labels.step }} failed in "
            "{{ $labels.namespace }}."
        ),
    )


def _connections(scope: RuleScope) -> Alert:
    share = scope.settings.connection_share
    return scope.alert(
        AlertName.DATABASE_CONNECTIONS_HIGH,
        Severity.WARNING,
        expr=f"{scope.series(CONNECTIONS)} > {share:g}",
        hold=10 * MINUTE,
        summary="The server's role is close to its limit of database connections.",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the connections that the role may open are open, more than "
            f"{percent(share)}. Beyond the limit PostgreSQL refuses further ones."
        ),
    )
