"""Backups, where they are wanted: their bucket, what makes and reads them, and what receives the log between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from components.backup import Backup, BackupArgs, DrillArgs, ServedArgs
from components.backup_bucket import BackupBucket
from components.contracts import DatabaseConnection
from stacks.backup_bucket_settings import GivenBackups, host_of
from stacks.point_in_time import point_in_time
from stacks.providers import minio_provider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.contracts import BucketAccess
    from stacks.backup_settings import BackupSettings
    from stacks.settings import Settings
    from stacks.stores import Stores


@dataclass(frozen=True, kw_only=True)
class Backups:
    """What others have of them."""

    guard: Sequence[pulumi.Resource] = ()
    """What a migration waits for: that there is a backup of what it is about to change."""
    status: BucketAccess | None = None
    """By a key that reads how backups have ended; None where there are none, or nobody who asks."""
    outputs: Mapping[str, pulumi.Input[Any]] = field(default_factory=dict)
    """Of the stack."""


def backups(
    settings: Settings, stores: Stores, namespace: pulumi.Input[str], cluster: pulumi.ResourceOptions
) -> Backups:
    """Make backups, before there is a server: of what a former one has stored."""
    wanted = settings.backup
    if wanted is None or stores.database_backup is None or stores.bucket_copier is None:
        return Backups()
    bucket = _bucket(wanted)
    _warn_of_one_server(bucket.writer, stores.bucket)
    made = Backup(
        "backup",
        BackupArgs(
            namespace=namespace,
            image=wanted.image,
            image_pull_secret=settings.image_pull_secret,
            platform=_platform(settings),
            database=stores.database_backup,
            artifacts=stores.bucket_copier,
            writer=bucket.writer,
            pruner=bucket.pruner,
            recipients=wanted.recipients,
            schedules=wanted.schedules,
            retention=wanted.retention,
            deadline_seconds=wanted.deadline_seconds,
            served=ServedArgs(image=settings.image, database=stores.database, bucket=stores.bucket),
            drill=_drill(wanted, stores),
            moments=settings.point_in_time.restores if settings.point_in_time else None,
        ),
        cluster,
    )
    point_in_time(
        settings,
        stores.database,
        cluster,
        namespace=namespace,
        image=wanted.image,
        platform=_platform(settings),
        bucket=bucket.writer,
        recipients=wanted.recipients,
    )
    return Backups(guard=(made.guard,), status=bucket.status, outputs={"backupBucket": bucket.writer.bucket})


def _bucket(wanted: BackupSettings) -> GivenBackups:
    given = wanted.bucket
    if isinstance(given, GivenBackups):
        return given
    provider = minio_provider(given.admin, "backup-minio")
    made = BackupBucket("backups", given.args, pulumi.ResourceOptions(provider=provider))
    return GivenBackups(writer=made.writer, pruner=made.pruner, status=made.status_reader)


def _platform(settings: Settings) -> str:
    """Name the platform by what does not change in its life; another of the same name would be taken for it."""
    given = settings.database
    database = given.database if isinstance(given, DatabaseConnection) else given.args.database
    return f"{settings.route.host}/{database}"


def _drill(wanted: BackupSettings, stores: Stores) -> DrillArgs | None:
    if wanted.drill is None or stores.database_drill is None or stores.drill_bucket is None:
        return None
    return DrillArgs(
        schedule=wanted.drill.schedule,
        database=stores.database_drill,
        bucket=stores.drill_bucket,
        identity=wanted.drill.identity,
    )


def _warn_of_one_server(backups: BucketAccess, artifacts: BucketAccess) -> None:
    host = host_of(backups.endpoint)
    if host == host_of(artifacts.endpoint):
        pulumi.log.warn(
            f"backups are on the same server as the artifacts ({host}): what takes one away takes the other with it; "
            "name another server: pulumi config set backupEndpoint https://HOST:PORT"
        )
