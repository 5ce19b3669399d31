"""All the rules of one platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules import (
    backups,
    experience,
    garbage,
    ingestion,
    latencies,
    objectives,
    point_in_time,
    server,
    storage,
    way_in,
    witnesses,
)
from components.monitoring.rules.model import Group
from components.monitoring.rules.scope import RuleScope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.monitoring.rules.model import Alert, RecordingRule
    from components.monitoring.rules.settings import AlertSettings, Watched


def groups(settings: AlertSettings, watched: Watched) -> list[Group]:
    """Make the groups.

    What an alert reads is recorded before it in the same group: groups run at moments of their own, and an alert would
    come a whole interval later.
    """
    scope = RuleScope(settings=settings, watched=watched)
    rules: dict[str, Sequence[RecordingRule | Alert]] = {
        "mlflow-experience": [
            *experience.recordings(scope),
            *storage.recordings(scope),
            *storage.alerts(scope),
            *objectives.alerts(scope),
        ],
        "mlflow-server": server.alerts(scope),
        "mlflow-witnesses": witnesses.alerts(scope),
        "mlflow-way-in": [*way_in.recordings(scope), *way_in.alerts(scope)],
        "mlflow-garbage-collection": garbage.alerts(scope),
        "mlflow-ingestion": ingestion.alerts(scope),
        "mlflow-latencies": latencies.recordings(scope),
        "mlflow-backups": [*backups.alerts(scope), *point_in_time.alerts(scope)],
    }
    return [
        Group(name=name, interval_seconds=watched.scrape_seconds, rules=each) for name, each in rules.items() if each
    ]
