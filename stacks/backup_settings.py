"""Reads what concerns backups: when they are made, who can read them, by what, and whether restores are tried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.backend_database import DatabaseReaderArgs
from components.backup import RetentionArgs, ScheduleArgs
from components.contracts import BucketAccess, BucketKey
from stacks import backup_checks, checks
from stacks.backup_bucket_settings import read_backup_bucket
from stacks.database_roles import RoleKeys, read_role, usual_name
from stacks.drill_settings import check_scratch, read_drill, read_schedule

if TYPE_CHECKING:
    from components.contracts import DatabaseConnection
    from stacks.backup_bucket_settings import GivenBackups, ProvisionedBackups
    from stacks.config_reader import ConfigReader
    from stacks.drill_settings import DrillSettings
    from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase

_MOST_DAYS = 3650
_MOST_COUNT = 10_000
_DAY_SECONDS = 86_400
_NO_IMAGE = "backup is true, and no backup could be made"
_UNREADABLE = "nobody could read the backups"
_BACKUP_ROLE = RoleKeys(
    user="databaseBackupUser",
    password="databaseBackupPassword",  # noqa: S106 - a key of the configuration
    suffix="backup",
    wanted_by="backup",
    confusion="backups could change what they only have to read, or not read it",
)


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """Backups, and by what they are made."""

    image: str
    recipients: tuple[str, ...]
    schedules: ScheduleArgs
    retention: RetentionArgs
    deadline_seconds: int
    bucket: ProvisionedBackups | GivenBackups
    database_role: DatabaseReaderArgs
    """The role to make, or the one that exists."""
    artifact_key: BucketKey | None
    """None: it is made together with the bucket."""
    drill: DrillSettings | None
    """None: whether a restore would work is left to be found out."""


def read_backup(
    reader: ConfigReader,
    *,
    database: ProvisionedDatabase | DatabaseConnection,
    artifacts: ProvisionedBucket | BucketAccess,
    status: bool,
    protect: bool,
) -> BackupSettings | None:
    """Read the settings, all of them also where there are no backups; None where there are none.

    Args:
        reader: Collects what is wrong.
        database: The server's.
        artifacts: The server's bucket.
        status: Somebody asks how backups have ended.
        protect: Refuse every plan that deletes the backups.
    """
    wanted = reader.flag("backup", "it would be unclear whether there are to be any") and reader.sound("backup")
    bucket = read_backup_bucket(reader, artifacts, wanted=wanted, status=status, protect=protect)
    taken = {reader.needed("databaseReaderUser", None) or usual_name(database, "reader"): "databaseReaderUser"}
    user, password = read_role(reader, _BACKUP_ROLE, database, wanted=wanted, taken=taken)
    taken |= {user: "databaseBackupUser"}
    drill = read_drill(reader, database=database, artifacts=artifacts, taken=taken, wanted=wanted)
    if drill:
        check_scratch(reader, drill, artifacts=artifacts, backups=bucket)
    image = reader.needed("backupImage", _NO_IMAGE if wanted else None)
    settings = BackupSettings(
        image=reader.text("backupImage", _NO_IMAGE, checks.image) if image else "",
        recipients=_recipients(reader, wanted=wanted),
        schedules=ScheduleArgs(
            create=read_schedule(reader, "backupSchedule"),
            verify=read_schedule(reader, "backupVerifySchedule"),
            prune=read_schedule(reader, "backupPruneSchedule"),
        ),
        retention=RetentionArgs(
            days=reader.integer("backupKeepDays", 1, _MOST_DAYS, "backups would go at once, or never"),
            count=reader.integer(
                "backupKeepCount", 1, _MOST_COUNT, "the last good backup could go, or none ever would"
            ),
        ),
        deadline_seconds=reader.integer(
            "backupDeadline", 60, _DAY_SECONDS, "no backup would ever be finished, or one that hangs never end"
        ),
        bucket=bucket,
        database_role=DatabaseReaderArgs(user=user, password=password),
        artifact_key=_artifact_key(reader, artifacts, wanted=wanted),
        drill=drill,
    )
    return settings if wanted else None


def _recipients(reader: ConfigReader, *, wanted: bool) -> tuple[str, ...]:
    key = "backupRecipients"
    recipients = reader.structure(key, list, _UNREADABLE)
    for number, entry in enumerate(recipients, start=1):
        what = backup_checks.recipient(entry) if isinstance(entry, str) else "is no text"
        if what == backup_checks.IS_PRIVATE:
            reader.report(
                key,
                f"item {number} {what}",
                "everybody who reads the stack's config file could read all backups",
                f"pulumi config rm --path '{key}[{number - 1}]', make another pair of keys (age-keygen) since this one "
                "is known by now, and set its public key",
            )
        elif what:
            fix = f"pulumi config set --path '{key}[{number - 1}]' age1... (the public key that age-keygen tells)"
            reader.report(key, f"item {number} {what}", _UNREADABLE, fix)
    if len(set(map(str, recipients))) < len(recipients):
        reader.report(key, "has a key twice", "backups would be encrypted to it twice", "leave it out once")
    if wanted and not recipients and reader.sound(key):
        reader.report(
            key,
            "is empty, but backup is true",
            _UNREADABLE,
            "age-keygen -o KEYFILE, keep that file outside of the cluster, and: pulumi config set --path "
            f"'{key}[0]' age1... (the public key that it tells)",
        )
    return tuple(map(str, recipients))


def _artifact_key(
    reader: ConfigReader, artifacts: ProvisionedBucket | BucketAccess, *, wanted: bool
) -> BucketKey | None:
    existing = isinstance(artifacts, BucketAccess)
    why = "backup is true and artifactProvision is false, and the artifacts could not be read"
    key = BucketKey(
        access_key=reader.secret("artifactBackupAccessKey", why if wanted and existing else None),
        secret_key=reader.secret("artifactBackupSecretKey", why if wanted and existing else None),
    )
    return key if existing else None
