"""The database and the bucket: made here or by somebody else, each with what others than the server read it by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi

from components.artifact_bucket import ArtifactBucket
from components.backend_database import BackendDatabase, DatabaseLogin
from components.contracts import BucketAccess, DatabaseConnection
from components.scratch_bucket import ScratchBucket, ScratchBucketArgs
from stacks.database_login import unless_the_owner_is_in_use
from stacks.providers import minio_provider, postgresql_provider

if TYPE_CHECKING:
    from components.backend_database import DatabaseDrillArgs, DatabaseReaderArgs
    from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stores:
    """How they are reached: by the server, by the exporter and by backups, where there are such."""

    database: DatabaseConnection
    database_reader: DatabaseConnection | None
    database_backup: DatabaseConnection | None
    database_drill: DatabaseConnection | None
    bucket: BucketAccess
    bucket_reader: BucketAccess | None
    bucket_copier: BucketAccess | None
    drill_bucket: BucketAccess | None
    """Not the artifacts', but one beside it."""


@dataclass(frozen=True, kw_only=True)
class _Database:
    server: DatabaseConnection
    reader: DatabaseConnection | None
    backup: DatabaseConnection | None
    drill: DatabaseConnection | None


@dataclass(frozen=True, kw_only=True)
class _Bucket:
    server: BucketAccess
    reader: BucketAccess | None
    copier: BucketAccess | None
    drill: BucketAccess | None


def stores(settings: Settings) -> Stores:
    """Make what is to be made."""
    database, bucket = _database(settings), _bucket(settings)
    return Stores(
        database=database.server,
        database_reader=database.reader,
        database_backup=database.backup,
        database_drill=database.drill,
        bucket=bucket.server,
        bucket_reader=bucket.reader,
        bucket_copier=bucket.copier,
        drill_bucket=bucket.drill,
    )


def _database(settings: Settings) -> _Database:
    given, backups = settings.database, settings.backup
    reader = settings.exporter.database_reader if settings.exporter else None
    backup = backups.database_role if backups else None
    drill = backups.drill.database_role if backups and backups.drill else None
    if isinstance(given, DatabaseConnection):
        return _Database(server=given, reader=_by(given, reader), backup=_by(given, backup), drill=_by(given, drill))
    admin = given.admin
    if given.args.login is DatabaseLogin.SEPARATE:
        admin = replace(admin, password=unless_the_owner_is_in_use(admin.password))
    opts = pulumi.ResourceOptions(provider=postgresql_provider(admin))
    made = BackendDatabase("backend", replace(given.args, reader=reader, backup=backup, drill=drill), opts)
    return _Database(server=made.connection, reader=made.reader, backup=made.backup, drill=made.drill)


def _by(server: DatabaseConnection, role: DatabaseReaderArgs | DatabaseDrillArgs | None) -> DatabaseConnection | None:
    return replace(server, user=role.user, password=pulumi.Output.secret(role.password)) if role else None


def _bucket(settings: Settings) -> _Bucket:
    given, exporter, backup = settings.bucket, settings.exporter, settings.backup
    scratch = backup.drill.bucket if backup and backup.drill else None
    if isinstance(given, BucketAccess):
        return _Bucket(
            server=given,
            reader=exporter.bucket_key.open(given) if exporter and exporter.bucket_key else None,
            copier=backup.artifact_key.open(given) if backup and backup.artifact_key else None,
            drill=scratch if isinstance(scratch, BucketAccess) else None,
        )
    opts = pulumi.ResourceOptions(provider=minio_provider(given.admin))
    args = replace(given.args, reader=exporter is not None, copier=backup is not None)
    made = ArtifactBucket("artifacts", args, opts)
    drill = ScratchBucket("drill", scratch, opts).access if isinstance(scratch, ScratchBucketArgs) else None
    return _Bucket(server=made.access, reader=made.reader, copier=made.copier, drill=drill)
