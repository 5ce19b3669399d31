"""Alerts about the log of the database server, which is shipped into the bucket of backups all the time.

Its receiver tells every minute how it goes, and the exporter reads that once a minute. Unlike the ages of backups, the
numbers are not bridged where they are missing: an exporter that is away for some minutes is no log that is behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.backups import SOURCE, failed, latest
from components.monitoring.rules.model import Alert, Severity, duration
from components.monitoring.rules.scope import MINUTE
from components.monitoring.rules.settings import SOURCE_UP, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope
    from components.monitoring.rules.settings import BackupRuleArgs

RUN = 'command="pitr"'
LAST_RUN = "mlflow_backup_last_run_timestamp_seconds"
LAG = "mlflow_backup_log_lag_seconds"
SLOT_BYTES = "mlflow_backup_log_slot_retained_bytes"
LEAST_SECONDS = 180
"""That may be allowed, however impatient the rules are: a minute between two words of the receiver, a minute between
two looks of the exporter, a scrape, and a lag of some seconds add up to more than two minutes while all is well."""


def allowed_seconds(limits: BackupRuleArgs, patience: float) -> int:
    """Tell how old the newest moment may be that the log in the bucket covers."""
    return max(LEAST_SECONDS, round(limits.behind_seconds * patience))


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alerts; none where no log is shipped, or no exporter tells of it."""
    limits = scope.settings.backups
    if limits is None or not limits.point_in_time or not scope.watched.exporter:
        return []
    return [*_behind(scope, limits), _slot(scope, limits.slot_bytes)]


def _behind(scope: RuleScope, limits: BackupRuleArgs) -> list[Alert]:
    summary = "The database could not be brought back as of a moment just passed."
    allowed = allowed_seconds(limits, scope.settings.patience)
    looks = scope.series(SOURCE_UP, SOURCE)
    told = scope.series(LAST_RUN, RUN)

    def behind(last: str, expr: str, hold: int, description: str) -> Alert:
        return scope.alert(
            AlertName.POINT_IN_TIME_BEHIND,
            Severity.CRITICAL,
            expr=expr,
            hold=hold,
            labels={"last": last},
            summary=summary,
            description=description,
        )

    return [
        behind(
            "old",
            # The lag is that of when it was told: where the receiver says nothing more, it grows all the same.
            f"time() - max by (namespace) ({told}) + max by (namespace) ({scope.series(LAG)}) > {allowed}",
            2 * MINUTE,
            "The log of the database server that is in the bucket of backups of {{ $labels.namespace }} ends "
            f"{{{{ $value | humanizeDuration }}}} ago, more than the allowed {duration(allowed)}.",
        ),
        behind(
            "never",
            f"{latest(scope, looks)} > 0\nunless\n{latest(scope, told)}",
            # Where it was just turned on, the receiver's pod is yet to start.
            limits.behind_seconds,
            "Nothing has been told of the log of the database server of {{ $labels.namespace }} for "
            f"{duration(scope.seconds(limits.behind_seconds))}.",
        ),
        behind(
            "failed",
            failed(scope, RUN),
            # Time for a first base backup, or one behind a gap. A log that is behind does not wait: it is old before.
            15 * MINUTE,
            "Not every moment up to now can be had back in {{ $labels.namespace }}: the log of the database server has "
            "a gap, no base backup, or is shipped too late.",
        ),
    ]


def _slot(scope: RuleScope, most: int) -> Alert:
    return scope.alert(
        AlertName.POINT_IN_TIME_SLOT_GROWING,
        Severity.WARNING,
        expr=f"max by (namespace) ({scope.series(SLOT_BYTES)}) > {most}",
        hold=10 * MINUTE,
        summary="The database server keeps much of its log, and its disk fills.",
        description=(
            "The database server keeps {{ $value | humanize1024 }}B of its log for the receiver of "
            f"{{{{ $labels.namespace }}}}, more than {most / 2**30:g} GiB: its disk fills."
        ),
    )
