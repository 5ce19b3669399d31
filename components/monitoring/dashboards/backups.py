"""What would be lost, and how certain it is that the rest comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import point_in_time, thresholds
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import scraped
from components.monitoring.rules import AlertName
from components.monitoring.rules.backups import (
    CREATE,
    DATA_BYTES,
    DATA_TIME,
    DRILL,
    DURATION,
    LAST_RUN_SUCCESS,
    LAST_SUCCESS,
    OBJECTS,
    SLOW_SHARE,
    SOURCE,
    VERIFY,
)
from components.monitoring.rules.point_in_time import RUN

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope
    from components.monitoring.rules import BackupRuleArgs

_NEVER = "never"
_BYTES = "mlflow_backup_last_success_bytes"
_JOBS = RUN.replace("=", "!=")
"""Runs that end. The receiver of the log does not, has panels of its own, and where it was turned off its last word
stays in the bucket."""
_FAILED = (
    AlertName.BACKUP_FAILED,
    AlertName.BACKUP_NOT_VERIFIED,
    AlertName.BACKUP_DRILL_FAILED,
    AlertName.BACKUP_PRUNE_FAILED,
)


def backups(scope: DashboardScope) -> Page:
    """Make the page of backups; only the exporter knows of them."""
    limits = scope.settings.backups if scope.watched.exporter else None
    patience = scope.settings.patience
    return Page(
        name="backups",
        title="MLflow / Backups",
        description="How old the newest backup is, whether backups are whole and can be restored, and how they go.",
        since="7d",
        rows=[
            Row(title="Now", looks=_now(limits, patience) if limits else []),
            Row(title="Runs", looks=_runs(limits, patience) if limits else []),
            Row(title="Log of the database server", looks=point_in_time.history(limits, patience) if limits else []),
            Row(title="Content", looks=_content() if limits else []),
        ],
    )


def _since(series: str) -> str:
    return f"time() - max({series})"


def _now(limits: BackupRuleArgs, patience: float) -> list[Look]:
    runs = scraped(LAST_RUN_SUCCESS, _JOBS)
    drilled = limits.drill_max_age_seconds
    return [
        figure(
            "Age of the newest backup",
            "What came later would be lost. Red from the alert's threshold (alertBackupAge) on.",
            Query(expr=_since(scraped(DATA_TIME)), legend="ago"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(bad=limits.max_age_seconds * patience),
            when_empty=_NEVER,
            alerts=[AlertName.BACKUP_TOO_OLD],
        ),
        figure(
            "Commands that failed",
            "Of making, verifying, pruning and drilling, how many failed when they last ran.",
            Query(expr=f"count(max by (command) ({runs}) == 0) or 0 * count({runs})", legend="failed"),
            unit=units.Short,
            judged=thresholds.more_is_worse(doubtful=1),
            when_empty=_NEVER,
            alerts=_FAILED,
        ),
        figure(
            "Verified",
            "How long ago a backup was last found whole. Orange from the alert's threshold (alertBackupVerifyAge) on.",
            Query(expr=_since(scraped(LAST_SUCCESS, VERIFY)), legend="ago"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(doubtful=limits.verify_max_age_seconds * patience),
            when_empty=_NEVER,
            alerts=[AlertName.BACKUP_NOT_VERIFIED],
        ),
        *([_drilled(drilled * patience)] if drilled else []),
        figure(
            "Last backup took",
            "Orange where one that fails makes the data too old before the next is done.",
            Query(expr=f"max({scraped(DURATION, CREATE)})", legend="took"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(doubtful=limits.max_age_seconds * SLOW_SHARE * patience),
            when_empty=_NEVER,
            alerts=[AlertName.BACKUP_SLOW],
        ),
        figure(
            "Numbers from",
            "How long ago the exporter last read the results. It withholds numbers that are too old.",
            Query(expr=_since(scraped("mlflow_exporter_last_success_timestamp_seconds", SOURCE)), legend="ago"),
            unit=units.Seconds,
            alerts=[AlertName.BACKUP_UNWATCHED],
        ),
        *point_in_time.now(limits, patience),
    ]


def _drilled(age: float) -> Look:
    return figure(
        "Restored in a drill",
        "How long ago a backup was last restored to prove it. Orange from the alert's threshold (alertBackupDrillAge) "
        "on.",
        Query(expr=_since(scraped(LAST_SUCCESS, DRILL)), legend="ago"),
        unit=units.Seconds,
        judged=thresholds.more_is_worse(doubtful=age),
        when_empty=_NEVER,
        alerts=[AlertName.BACKUP_DRILL_TOO_OLD],
    )


def _runs(limits: BackupRuleArgs, patience: float) -> list[Look]:
    return [
        chart(
            "Age of the newest backup",
            "A saw: it climbs until the next backup is there. The dashed line is the alert's threshold.",
            Query(expr=_since(scraped(DATA_TIME)), legend="ago"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(bad=limits.max_age_seconds * patience),
            alerts=[AlertName.BACKUP_TOO_OLD],
        ),
        chart(
            "Since the last success",
            "How long ago each command last succeeded. One that climbs further than before fails, or does not run.",
            Query(expr=f"time() - max by (command) ({scraped(LAST_SUCCESS, _JOBS)})", legend="{{command}}"),
            unit=units.Seconds,
            alerts=[AlertName.BACKUP_TOO_OLD, AlertName.BACKUP_NOT_VERIFIED, AlertName.BACKUP_DRILL_TOO_OLD],
        ),
        chart(
            "Failures",
            "1 from a run that failed until the next that does not. A run that was killed leaves no result.",
            Query(expr=f"1 - max by (command) ({scraped(LAST_RUN_SUCCESS, _JOBS)})", legend="{{command}}"),
            unit=units.Short,
            stacked=True,
            alerts=_FAILED,
        ),
        chart(
            "Duration",
            "Seconds that the last good run of each command took.",
            Query(expr=f"max by (command) ({scraped(DURATION, _JOBS)})", legend="{{command}}"),
            unit=units.Seconds,
            alerts=[AlertName.BACKUP_SLOW],
        ),
    ]


def _content() -> list[Look]:
    return [
        chart(
            "Size of a backup",
            "Of the database's dump and of all artifacts of the newest backup, before encryption. It falls when "
            "something is deleted.",
            Query(expr=f"max by (part) ({scraped(DATA_BYTES)})", legend="{{part}}"),
            unit=units.BytesIEC,
            alerts=[AlertName.BACKUP_SHRUNK],
        ),
        chart(
            "Objects",
            "Artifacts of the backup that each command was last good for; of prune, the objects that it removed.",
            Query(expr=f"max by (command) ({scraped(OBJECTS, _JOBS)})", legend="{{command}}"),
            unit=units.Short,
            alerts=[AlertName.BACKUP_SHRUNK],
        ),
        chart(
            "Bytes moved",
            "By the last good run of each command: written by create, read by verify and drill, freed by prune. A "
            "backup writes only the artifacts that are new.",
            Query(expr=f"max by (command) ({scraped(_BYTES, _JOBS)})", legend="{{command}}"),
            unit=units.BytesIEC,
        ),
    ]
