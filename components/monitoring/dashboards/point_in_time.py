"""Panels about the log of the database server, where it is shipped into the bucket of backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import thresholds
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import scraped
from components.monitoring.rules import AlertName
from components.monitoring.rules.backups import LAST_RUN_SUCCESS
from components.monitoring.rules.point_in_time import LAG, LAST_RUN, RUN, SLOT_BYTES, allowed_seconds

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.rules import BackupRuleArgs

_NEVER = "never"
_BASE_AGE = "mlflow_backup_log_base_age_seconds"
_BEHIND = (AlertName.POINT_IN_TIME_BEHIND,)
_GROWING = (AlertName.POINT_IN_TIME_SLOT_GROWING,)


def now(limits: BackupRuleArgs, patience: float) -> list[Look]:
    """Show what could be had back."""
    if not limits.point_in_time:
        return []
    told = f"time() - max({scraped(LAST_RUN, RUN)})"
    return [
        figure(
            "Any moment can be had",
            "1 while the database can be brought back as of any moment since the newest base backup; 0 where there is "
            "no base backup, the log has a gap, or it is shipped too late.",
            Query(expr=f"max({scraped(LAST_RUN_SUCCESS, RUN)})", legend="of one"),
            unit=units.Short,
            judged=thresholds.less_is_worse(good=1),
            when_empty=_NEVER,
            alerts=_BEHIND,
        ),
        figure(
            "Log in the bucket ends",
            "What the database did later would be lost with it. Red from the alert's threshold on.",
            Query(expr=_covered(), legend="ago"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(bad=allowed_seconds(limits, patience)),
            when_empty=_NEVER,
            alerts=_BEHIND,
        ),
        figure(
            "Newest base backup",
            "How long ago it was made. A recovery begins with it, and replays all of the log since.",
            Query(expr=f"{told} + max({scraped(_BASE_AGE)})", legend="ago"),
            unit=units.Seconds,
            when_empty=_NEVER,
            alerts=_BEHIND,
        ),
        figure(
            "Log that the server keeps",
            "It waits on the database server's disk for its receiver. Orange from the alert's threshold on.",
            Query(expr=f"max({scraped(SLOT_BYTES)})", legend="kept"),
            unit=units.BytesIEC,
            judged=thresholds.more_is_worse(doubtful=limits.slot_bytes),
            when_empty=_NEVER,
            alerts=_GROWING,
        ),
    ]


def history(limits: BackupRuleArgs, patience: float) -> list[Look]:
    """Show how the log was shipped."""
    if not limits.point_in_time:
        return []
    return [
        chart(
            "Age of the log in the bucket",
            "It stays within some minutes; where it climbs, the log is not shipped, or its receiver is gone. The "
            "dashed line is the alert's threshold.",
            Query(expr=_covered(), legend="ago"),
            unit=units.Seconds,
            judged=thresholds.more_is_worse(bad=allowed_seconds(limits, patience)),
            alerts=_BEHIND,
        ),
        chart(
            "Log that the server keeps for its receiver",
            "As the receiver last told it: without one it is more than is shown. The dashed line is the alert's "
            "threshold.",
            Query(expr=f"max({scraped(SLOT_BYTES)})", legend="kept"),
            unit=units.BytesIEC,
            judged=thresholds.more_is_worse(doubtful=limits.slot_bytes),
            alerts=_GROWING,
        ),
    ]


def _covered() -> str:
    return f"time() - max({scraped(LAST_RUN, RUN)}) + max({scraped(LAG)})"
