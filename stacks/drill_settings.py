"""Reads what concerns drills: restores that are tried out again and again, in places of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from components.backend_database import DatabaseDrillArgs
from components.contracts import BucketAccess, BucketKey
from components.scratch_bucket import ScratchBucketArgs
from stacks import backup_checks, checks
from stacks.backup_bucket_settings import GivenBackups, ProvisionedBackups, host_of
from stacks.database_roles import RoleKeys, read_role
from stacks.storage_settings import ProvisionedBucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.contracts import DatabaseConnection
    from stacks.config_reader import ConfigReader
    from stacks.storage_settings import ProvisionedDatabase

_ENDING = "-drill"
_ROLE = RoleKeys(
    user="databaseDrillUser",
    password="databaseDrillPassword",  # noqa: S106 - a key of the configuration
    suffix="drill",
    wanted_by="backupDrill",
    confusion="a drill, which makes and drops databases, could reach the server's",
)


@dataclass(frozen=True, kw_only=True)
class DrillSettings:
    """Restores that are tried out, and by what."""

    schedule: str
    identity: pulumi.Output[str]
    """Secret."""
    database_role: DatabaseDrillArgs
    """The role to make, or the one that exists."""
    bucket: ScratchBucketArgs | BucketAccess
    """One to make, or one that exists."""


def read_schedule(reader: ConfigReader, key: str) -> str:
    """Read when something is done."""
    return reader.text(key, "Kubernetes would refuse it, or run it at another time", checks.cron_schedule)


def read_drill(
    reader: ConfigReader,
    *,
    database: ProvisionedDatabase | DatabaseConnection,
    artifacts: ProvisionedBucket | BucketAccess,
    taken: Mapping[str, str],
    wanted: bool,
) -> DrillSettings | None:
    """Read the settings, all of them also where there are no drills; None where there are none.

    Args:
        reader: Collects what is wrong.
        database: The server's.
        artifacts: The server's bucket, near which a drill's is.
        taken: Keys by the names of roles that a drill may not have.
        wanted: There are backups.
    """
    asked = reader.flag("backupDrill", "it would be unclear whether restores are to be tried out")
    if asked and not wanted and reader.sound("backup", "backupDrill"):
        reader.report(
            "backupDrill",
            "is true, but backup is false",
            "there would be nothing to restore",
            "pulumi config set backup true, or pulumi config rm backupDrill",
        )
    asked = asked and wanted and reader.sound("backupDrill")
    user, password = read_role(reader, _ROLE, database, wanted=asked, taken=taken)
    settings = DrillSettings(
        schedule=read_schedule(reader, "backupDrillSchedule"),
        identity=reader.secret(
            "backupIdentity",
            "backupDrill is true, and a drill could not read the backups" if asked else None,
            backup_checks.identity,
            "a drill could not read the backups",
        ),
        database_role=DatabaseDrillArgs(user=user, password=password),
        bucket=_drill_bucket(reader, artifacts, wanted=asked),
    )
    return settings if asked else None


def _drill_bucket(
    reader: ConfigReader, artifacts: ProvisionedBucket | BucketAccess, *, wanted: bool
) -> ScratchBucketArgs | BucketAccess:
    existing = isinstance(artifacts, BucketAccess)
    why = "backupDrill is true and artifactProvision is false, and a drill would have no place for artifacts"
    needed = why if wanted and existing else None
    name = reader.needed("backupDrillBucket", needed)
    if name:
        reader.text("backupDrillBucket", "there is no such bucket", checks.bucket_name)
    key = BucketKey(
        access_key=reader.secret("backupDrillAccessKey", needed),
        secret_key=reader.secret("backupDrillSecretKey", needed),
    )
    if isinstance(artifacts, BucketAccess):
        return replace(key.open(artifacts), bucket=name)
    made = artifacts.args
    usual = f"{made.bucket}{_ENDING}"
    if wanted and reader.sound("artifactBucket") and checks.bucket_name(usual):
        reader.report(
            "backupDrill",
            f"is true, and {usual!r} {checks.bucket_name(usual)}",
            "the bucket of drills could not be made",
            "leave it out, or shorten artifactBucket in a stack that has no data yet",
        )
    return ScratchBucketArgs(
        bucket=usual,
        endpoint=made.endpoint,
        region=made.region,
        ca_certificate=made.ca_certificate,
        peers=made.peers,
        key_version=made.key_version,
    )


def check_scratch(
    reader: ConfigReader,
    drill: DrillSettings,
    *,
    artifacts: ProvisionedBucket | BucketAccess,
    backups: ProvisionedBackups | GivenBackups,
) -> None:
    """Report a bucket of drills, which every drill empties, that somebody else needs."""
    served = artifacts.args if isinstance(artifacts, ProvisionedBucket) else artifacts
    kept = backups.args if isinstance(backups, ProvisionedBackups) else backups.writer
    scratch = (host_of(drill.bucket.endpoint or None), drill.bucket.bucket)
    if scratch == (host_of(served.endpoint or None), served.bucket):
        reader.report(
            "backupDrillBucket",
            f"{drill.bucket.bucket!r} is artifactBucket too",
            "a drill writes to its bucket and empties it",
            "give drills a bucket of their own",
        )
    if scratch == (host_of(kept.endpoint or None), kept.bucket):
        reader.report(
            "backupBucket",
            f"{kept.bucket!r} is the bucket of drills too",
            "a drill writes to its bucket and empties it",
            "give backups a bucket of their own, or the usual one: pulumi config rm backupBucket",
        )
