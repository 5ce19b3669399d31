"""Arguments of the component `Backup`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """When what is done, as five fields of cron in UTC."""

    create: str
    verify: str
    prune: str


@dataclass(frozen=True, kw_only=True)
class RetentionArgs:
    """Which backups are kept: those that either says."""

    days: int
    """All of so many days."""
    count: int
    """And at least so many good ones."""


@dataclass(frozen=True, kw_only=True)
class ServedArgs:
    """The server that a restore brings back, by its own credentials: what is restored has to be its own."""

    image: str
    """Which schema revisions it knows, a restore asks it first; one that does not know a backup's is refused it."""
    database: DatabaseConnection
    bucket: BucketAccess


@dataclass(frozen=True, kw_only=True)
class DrillArgs:
    """A restore into scratch stores, again and again, to see that it would work."""

    schedule: str
    database: DatabaseConnection
    """By a role that may make databases and has no right on the server's."""
    bucket: BucketAccess
    """Emptied by every drill."""
    identity: pulumi.Output[str]
    """An age private key that backups are encrypted to. Secret; whoever reads the namespace's Secrets can read them."""


@dataclass(frozen=True, kw_only=True)
class MomentArgs:
    """The database server's log is received besides, so that a restore may be to a moment of it."""

    room: str
    """Disk for the whole database server, as it was at that moment."""
    superuser: str
    """Of the server, who is found in what is recovered too."""


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """Arguments of `Backup`."""

    namespace: pulumi.Input[str]
    """Flows into every object, so that they wait for the namespace."""
    image: str
    """Of the backup program (images/backup)."""
    image_pull_secret: str | None
    platform: str
    """Whose backups they are; another platform's in the same bucket are neither restored nor pruned."""
    database: DatabaseConnection
    """By a role that reads all tables and sequences."""
    artifacts: BucketAccess
    """By a key that lists and reads."""
    writer: BucketAccess
    """The bucket of backups, by a key that cannot delete."""
    pruner: BucketAccess
    """The same, by one that can."""
    recipients: Sequence[str]
    """Age public keys; whoever has the private key of one can read the backups."""
    schedules: ScheduleArgs
    retention: RetentionArgs
    deadline_seconds: int
    """Most seconds for each Job but a restore, all attempts and the image's download included."""
    served: ServedArgs
    drill: DrillArgs | None
    moments: MomentArgs | None = None
    """None: restores are to backups alone."""


BackupScope: TypeAlias = Scope[BackupArgs]
