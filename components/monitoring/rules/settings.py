"""What differs between environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.monitoring.rules.model import Severity

CANARY = "mlflow-canary"
"""Its job."""
EXPORTER = "mlflow-exporter"
"""Its job."""
SOURCE_UP = "mlflow_exporter_source_up"
"""1 when the exporter's last look at a `source` succeeded, or else 0."""
GARBAGE_COLLECTION = "mlflow-gc"
"""Its CronJob."""
INGESTION = "mlflow-ingestion"
"""Its CronJob."""
CANARY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds: upper bounds of the canary's histogram, between which nothing is known."""
SHORTEST_WINDOW_SECONDS = 300
"""Over which the rules take a rate, when patience is 1."""
SAMPLES_OF_A_WINDOW = 4
"""Least number of scrapes, and of the canary's rounds, in the shortest window: with fewer, one scrape that fails leaves
no rate at all, and one round is all that there is to judge by."""
LARGEST_BURN = 14.4
"""Times the budget. An objective of which even a total failure is no such multiple would never alert."""


class AlertName(Enum):
    """Every alert there is."""

    POD_DOWN = "MLFlowPodDown"
    HIGH_MEMORY = "MLFlowHighMemory"
    DATABASE_ERROR = "MLFlowDatabaseError"
    ARTIFACT_FAILED = "MLFlowArtifactFailed"
    AVAILABILITY_BUDGET_BURN = "MLFlowAvailabilityBudgetBurn"
    LATENCY_BUDGET_BURN = "MLFlowLatencyBudgetBurn"
    DATABASE_CONNECTIONS_HIGH = "MLFlowDatabaseConnectionsHigh"
    ROLLOUT_STUCK = "MLFlowRolloutStuck"
    MIGRATION_FAILED = "MLFlowMigrationFailed"
    CANARY_MISSING = "MLFlowCanaryMissing"
    TARGET_MISSING = "MLFlowTargetMissing"
    CERTIFICATE_EXPIRY = "MLFlowCertificateExpiry"
    GATEWAY_REFUSING_UNUSUALLY = "MLFlowGatewayRefusingUnusually"
    GATEWAY_KEYS_STALE = "MLFlowGatewayKeysStale"
    EXPORTER_FAILING = "MLFlowExporterFailing"
    BACKUP_TOO_OLD = "MLFlowBackupTooOld"
    BACKUP_FAILED = "MLFlowBackupFailed"
    BACKUP_NOT_VERIFIED = "MLFlowBackupNotVerified"
    BACKUP_SHRUNK = "MLFlowBackupShrunk"
    BACKUP_DRILL_TOO_OLD = "MLFlowBackupDrillTooOld"
    BACKUP_DRILL_FAILED = "MLFlowBackupDrillFailed"
    BACKUP_PRUNE_FAILED = "MLFlowBackupPruneFailed"
    BACKUP_SLOW = "MLFlowBackupSlow"
    BACKUP_UNWATCHED = "MLFlowBackupUnwatched"
    POINT_IN_TIME_BEHIND = "MLFlowPointInTimeBehind"
    POINT_IN_TIME_SLOT_GROWING = "MLFlowPointInTimeSlotGrowing"
    GARBAGE_COLLECTION_FAILED = "MLFlowGarbageCollectionFailed"
    INGESTION_TOO_OLD = "MLFlowIngestionTooOld"
    INGESTION_FAILED = "MLFlowIngestionFailed"


@dataclass(frozen=True, kw_only=True)
class BackupRuleArgs:
    """How old is too old, and how much too much. All times are multiplied by the patience."""

    max_age_seconds: int = 3 * 3600
    """Of what the newest good backup holds: so much is lost at the most when all is lost."""
    verify_max_age_seconds: int = 26 * 3600
    """Of the last good verification; a day and what one takes."""
    drill_max_age_seconds: int | None = None
    """Of the last good drill; None where there are no drills."""
    point_in_time: bool = False
    """Whether the log of the database server is shipped too."""
    behind_seconds: int = 600
    """Of the newest moment that the log in the bucket covers. Twice what the receiver lets be lost at most."""
    slot_bytes: int = 10 * 2**30
    """Of the log that the database server keeps for its receiver."""


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """What people decide."""

    runbook_url: str
    """Of the page whose headings are the names of the alerts."""
    memory_bytes: int = 2_000_000_000
    """Of one pod of the server."""
    availability_objective: float = 0.995
    """Share of what users do that succeeds."""
    latency_objective: float = 0.99
    """Share of the canary's steps that take `latency_seconds` at most."""
    latency_seconds: float = 2.5
    """One of `CANARY_BUCKETS`."""
    connection_share: float = 0.8
    """Of the connections that the server's role may open."""
    certificate_days: int = 21
    """Before a certificate's end; at a third of it the alert becomes critical."""
    refusals_per_second: float = 0.1
    """Of the gateway. Fewer are never unusual, since a port that is open to the Internet always gets some."""
    backups: BackupRuleArgs | None = None
    """None: there are no backups. Without an exporter nobody hears of them, and there are no alerts either."""
    patience: float = 1.0
    """Multiplies every window and every `for`. Below 1 for fault drills, that nobody waits an hour for an alert."""
    severities: Mapping[AlertName, Severity] = field(default_factory=dict)
    """Instead of an alert's own, for all its rules."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What there is to watch."""

    namespace: str
    jobs: Sequence[str]
    """Names under which Prometheus scrapes the platform's pods."""
    scrape_seconds: int
    """Also how often the rules are evaluated."""
    public_tls: bool
    """Whether the canary sees the certificate of a public route."""
    keys_max_age_hours: int | None
    """For how long the gateway trusts signing keys that it cannot renew; None where no gateway is in front."""
    garbage_collection: bool = False
    """Whether deleted runs are removed for good."""
    metadata_ingestion: bool = False
    """Whether a DataHub is told what MLflow holds."""

    @property
    def canary(self) -> bool:
        """Whether there is one. Without, the alerts that have no other witness are left out."""
        return CANARY in self.jobs

    @property
    def exporter(self) -> bool:
        """Whether somebody counts what MLflow has stored."""
        return EXPORTER in self.jobs

    @property
    def gateway(self) -> bool:
        """Whether requests have to pass one."""
        return self.keys_max_age_hours is not None
