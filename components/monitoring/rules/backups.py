"""Alerts about the backups, by what the exporter reads in their bucket.

Each run leaves its result there, so a run that is killed shows as none: then what is there grows too old. A gap in the
numbers, such as that of an exporter that is replaced, is bridged for an hour, so that nothing has to begin anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.model import Alert, Severity, duration
from components.monitoring.rules.scope import DAY, HOUR, MINUTE, percent
from components.monitoring.rules.settings import SOURCE_UP, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

DATA_TIME = "mlflow_backup_data_timestamp_seconds"
DATA_BYTES = "mlflow_backup_data_bytes"
LAST_SUCCESS = "mlflow_backup_last_success_timestamp_seconds"
LAST_RUN_SUCCESS = "mlflow_backup_last_run_success"
DURATION = "mlflow_backup_last_success_duration_seconds"
OBJECTS = "mlflow_backup_last_success_objects"
CREATE, VERIFY, PRUNE, DRILL = (f'command="{command}"' for command in ("create", "verify", "prune", "drill"))
SOURCE = 'source="backups"'
SLOW_SHARE = 0.5
"""Of the allowed age. One backup that fails at its end and the next, which does not, take twice as long as one: from
here on a single failure makes the data too old, however often backups are begun."""
SHRUNK_SHARE = 0.5
"""Of the most within a week. Experiments that are deleted and collected rarely are half of all."""
FEW_OBJECTS = 100
FEW_BYTES = 10 * 2**20
"""Up to these, half of it is a matter of a single experiment."""


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts; none where there are no backups, or no exporter that tells of them."""
    limits = scope.settings.backups
    if limits is None or not scope.watched.exporter:
        return []
    return [
        *_data(scope, limits.max_age_seconds),
        _create(scope),
        *_verification(scope, limits.verify_max_age_seconds),
        _shrunk(scope),
        *(_drill(scope, limits.drill_max_age_seconds) if limits.drill_max_age_seconds else []),
        _prune(scope),
        _slow(scope, limits.max_age_seconds),
        _unwatched(scope),
    ]


def latest(scope: RuleScope, series: str) -> str:
    """Write the highest value within an hour, which for a time is the newest."""
    return f"max by (namespace) (max_over_time({series}[{scope.window(HOUR)}]))"


def _aged(
    scope: RuleScope, name: AlertName, severity: Severity, success: str, age: int, *, summary: str, old: str, never: str
) -> list[Alert]:
    """Alert when the last success is too old, or when there has been none for so long.

    Args:
        scope: Of the platform.
        name: Of both alerts.
        severity: Of both.
        success: The series of its time.
        age: Seconds that are allowed, when patience is 1.
        summary: Of both.
        old: What was when; goes on with how long ago that is.
        never: What has not been; goes on with for how long.
    """
    allowed = duration(scope.seconds(age))
    looks = scope.series(SOURCE_UP, SOURCE)
    return [
        scope.alert(
            name,
            severity,
            expr=f"time() - {latest(scope, success)} > {scope.seconds(age)}",
            hold=5 * MINUTE,
            labels={"last": "old"},
            summary=summary,
            description=f"{old} {{{{ $value | humanizeDuration }}}} ago, more than the allowed {allowed}.",
        ),
        scope.alert(
            name,
            severity,
            expr=f"{latest(scope, looks)} > 0\nunless\n{latest(scope, success)}",
            # Where backups were just turned on, the first is yet to come.
            hold=age,
            labels={"last": "never"},
            summary=summary,
            description=f"{never} for {allowed}.",
        ),
    ]


def failed(scope: RuleScope, command: str) -> str:
    """Write that the last run of a command failed."""
    return f"max by (namespace) ({scope.series(LAST_RUN_SUCCESS, command)}) == 0"


def _data(scope: RuleScope, age: int) -> list[Alert]:
    return _aged(
        scope,
        AlertName.BACKUP_TOO_OLD,
        Severity.CRITICAL,
        scope.series(DATA_TIME),
        age,
        summary="There is no backup that is new enough.",
        old="The newest good backup of {{ $labels.namespace }} holds what there was",
        never="There has been no good backup of {{ $labels.namespace }}",
    )


def _create(scope: RuleScope) -> Alert:
    return scope.alert(
        AlertName.BACKUP_FAILED,
        Severity.WARNING,
        expr=failed(scope, CREATE),
        # Kubernetes tries again within minutes, and a migration that holds the lock ends.
        hold=15 * MINUTE,
        summary="The last backup failed.",
        description="The last attempt to back up {{ $labels.namespace }} failed.",
    )


def _verification(scope: RuleScope, age: int) -> list[Alert]:
    summary = "The newest backups are not known to be whole."
    return [
        *_aged(
            scope,
            AlertName.BACKUP_NOT_VERIFIED,
            Severity.WARNING,
            scope.series(LAST_SUCCESS, VERIFY),
            age,
            summary=summary,
            old="A backup of {{ $labels.namespace }} was last found whole",
            never="No backup of {{ $labels.namespace }} has been found whole",
        ),
        # One that is damaged is not to stay unknown until the last success is too old.
        scope.alert(
            AlertName.BACKUP_NOT_VERIFIED,
            Severity.WARNING,
            expr=failed(scope, VERIFY),
            hold=15 * MINUTE,
            labels={"last": "failed"},
            summary=summary,
            description=(
                "The last verification of a backup of {{ $labels.namespace }} failed: the backup may be damaged."
            ),
        ),
    ]


def _shrunk(scope: RuleScope) -> Alert:
    def shrunk(series: str, by: str, few: int) -> str:
        most = f"max by ({by}) (max_over_time({series}[{scope.window(7 * DAY)}]))"
        return f"max by ({by}) ({series}) / ({most} > {few}) < {SHRUNK_SHARE:g}"

    return scope.alert(
        AlertName.BACKUP_SHRUNK,
        Severity.WARNING,
        expr=f"""
            {shrunk(scope.series(DATA_BYTES), "namespace, part", FEW_BYTES)}
            or
            {shrunk(scope.series(OBJECTS, CREATE), "namespace", FEW_OBJECTS)}
        """,
        hold=10 * MINUTE,
        summary="The last backup holds much less than those before.",
        description=(
            "The last backup of {{ $labels.namespace }} has {{ $value | humanizePercentage }} of the "
            "{{ with $labels.part }}bytes of the {{ . }}{{ else }}number of artifacts{{ end }} that another had within "
            f"{duration(scope.seconds(7 * DAY))}."
        ),
    )


def _drill(scope: RuleScope, age: int) -> list[Alert]:
    return [
        *_aged(
            scope,
            AlertName.BACKUP_DRILL_TOO_OLD,
            Severity.WARNING,
            scope.series(LAST_SUCCESS, DRILL),
            age,
            summary="It has not been proved lately that a backup can be restored.",
            old="A drill last restored a backup of {{ $labels.namespace }}",
            never="No drill has restored a backup of {{ $labels.namespace }}",
        ),
        scope.alert(
            AlertName.BACKUP_DRILL_FAILED,
            Severity.WARNING,
            expr=failed(scope, DRILL),
            hold=15 * MINUTE,
            summary="The last drill could not restore a backup.",
            description="The last drill could not restore a backup of {{ $labels.namespace }}: perhaps nobody can.",
        ),
    ]


def _prune(scope: RuleScope) -> Alert:
    return scope.alert(
        AlertName.BACKUP_PRUNE_FAILED,
        Severity.WARNING,
        expr=failed(scope, PRUNE),
        # It gives way to a backup that runs, and comes again.
        hold=HOUR,
        summary="Old backups are not removed.",
        description=(
            "The last attempt to remove old backups of {{ $labels.namespace }} failed: their bucket grows, and keeps "
            "what should be gone."
        ),
    )


def _slow(scope: RuleScope, age: int) -> Alert:
    return scope.alert(
        AlertName.BACKUP_SLOW,
        Severity.INFO,
        expr=f"max by (namespace) ({scope.series(DURATION, CREATE)}) > {scope.seconds(round(age * SLOW_SHARE))}",
        hold=5 * MINUTE,
        summary="A backup takes so long that the next one must not fail.",
        description=(
            "The last good backup of {{ $labels.namespace }} took {{ $value | humanizeDuration }}, more than "
            f"{percent(SLOW_SHARE)} of the {duration(scope.seconds(age))} that its data may be old."
        ),
    )


def _unwatched(scope: RuleScope) -> Alert:
    looks = scope.series(SOURCE_UP, SOURCE)
    return scope.alert(
        AlertName.BACKUP_UNWATCHED,
        Severity.WARNING,
        # Absent: the exporter is gone, or nobody has told it of the backups.
        expr=f"max by (namespace) (absent({looks}) or max by (namespace) ({looks}) == 0)",
        hold=15 * MINUTE,
        summary="It is not known how the backups go.",
        description=(
            "The exporter of {{ $labels.namespace }} cannot read the results of the backups: the alerts about them "
            "stay silent."
        ),
    )
