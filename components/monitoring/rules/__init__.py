"""Recording and alerting rules. Plain data: this package knows neither Pulumi nor Kubernetes."""

from components.monitoring.rules.groups import groups
from components.monitoring.rules.model import Alert, Group, RecordingRule, Severity
from components.monitoring.rules.settings import (
    CANARY_BUCKETS,
    LARGEST_BURN,
    SAMPLES_OF_A_WINDOW,
    SHORTEST_WINDOW_SECONDS,
    AlertName,
    AlertSettings,
    BackupRuleArgs,
    Watched,
)

__all__ = [
    "CANARY_BUCKETS",
    "LARGEST_BURN",
    "SAMPLES_OF_A_WINDOW",
    "SHORTEST_WINDOW_SECONDS",
    "Alert",
    "AlertName",
    "AlertSettings",
    "BackupRuleArgs",
    "Group",
    "RecordingRule",
    "Severity",
    "Watched",
    "groups",
]
