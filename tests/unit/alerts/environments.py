"""The rules as the environments have them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from components.monitoring.rules import Alert, AlertSettings, BackupRuleArgs, Group, RecordingRule, Watched, groups

if TYPE_CHECKING:
    from collections.abc import Sequence

RUNBOOK = "https://example.org/docs/runbook.md"
BACKUPS = BackupRuleArgs(drill_max_age_seconds=8 * 86_400, point_in_time=True)
SETTINGS = AlertSettings(runbook_url=RUNBOOK, backups=BACKUPS)
OTHER_THRESHOLDS = replace(
    SETTINGS,
    memory_bytes=123,
    availability_objective=0.99,
    latency_objective=0.95,
    latency_seconds=10,
    connection_share=0.5,
    certificate_days=9,
    refusals_per_second=7,
    backups=BackupRuleArgs(
        max_age_seconds=7200,
        verify_max_age_seconds=111,
        drill_max_age_seconds=222,
        point_in_time=True,
        behind_seconds=480,
        slot_bytes=3 * 2**30,
    ),
)
"""None of them the usual one, so that what does not listen to the settings shows."""


@dataclass(frozen=True)
class Environment:
    name: str
    settings: AlertSettings
    watched: Watched

    @property
    def groups(self) -> list[Group]:
        return groups(self.settings, self.watched)

    @property
    def alerts(self) -> list[Alert]:
        return [rule for group in self.groups for rule in group.rules if isinstance(rule, Alert)]

    @property
    def recordings(self) -> list[RecordingRule]:
        return [rule for group in self.groups for rule in group.rules if isinstance(rule, RecordingRule)]

    def file(self) -> dict[str, Any]:
        return rule_file(self.groups)


def rule_file(groups_of_it: Sequence[Group]) -> dict[str, Any]:
    return {"groups": [group.manifest() for group in groups_of_it]}


PROD = Environment(
    "prod",
    SETTINGS,
    Watched(
        namespace="data-platform",
        jobs=("mlflow", "mlflow-gateway", "mlflow-canary", "mlflow-exporter"),
        scrape_seconds=30,
        public_tls=True,
        keys_max_age_hours=24,
        garbage_collection=True,
        metadata_ingestion=True,
    ),
)
DEV = Environment(
    "dev",
    replace(SETTINGS, backups=replace(BACKUPS, drill_max_age_seconds=None, point_in_time=False)),
    replace(
        PROD.watched, jobs=("mlflow", "mlflow-canary", "mlflow-exporter"), public_tls=False, keys_max_age_hours=None
    ),
)
"""Without Access, by plain HTTP, with backups that nobody drills, and without the log."""
DRILL = Environment("drill", replace(SETTINGS, patience=0.2), replace(PROD.watched, scrape_seconds=5))
"""Everything five times as fast, with a canary that goes its round every ten seconds."""
ENVIRONMENTS = (DEV, PROD, DRILL)
