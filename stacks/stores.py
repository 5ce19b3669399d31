"""The database and the bucket: made here or by somebody else, each with what the exporter reads it by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi

from components.artifact_bucket import ArtifactBucket
from components.backend_database import BackendDatabase, DatabaseLogin
from components.contracts import BucketAccess, DatabaseConnection
from stacks.database_login import unless_the_owner_is_in_use
from stacks.providers import minio_provider, postgresql_provider

if TYPE_CHECKING:
    from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stores:
    """How they are reached: by the server, and by the exporter where there is one."""

    database: DatabaseConnection
    database_reader: DatabaseConnection | None
    bucket: BucketAccess
    bucket_reader: BucketAccess | None


def stores(settings: Settings) -> Stores:
    """Make what is to be made."""
    database, database_reader = _database(settings)
    bucket, bucket_reader = _bucket(settings)
    return Stores(database=database, database_reader=database_reader, bucket=bucket, bucket_reader=bucket_reader)


def _database(settings: Settings) -> tuple[DatabaseConnection, DatabaseConnection | None]:
    reader = settings.exporter.database_reader if settings.exporter else None
    given = settings.database
    if isinstance(given, DatabaseConnection):
        if reader is None:
            return given, None
        return given, replace(given, user=reader.user, password=pulumi.Output.secret(reader.password))
    admin = given.admin
    if given.args.login is DatabaseLogin.SEPARATE:
        admin = replace(admin, password=unless_the_owner_is_in_use(admin.password))
    opts = pulumi.ResourceOptions(provider=postgresql_provider(admin))
    made = BackendDatabase("backend", replace(given.args, reader=reader), opts)
    return made.connection, made.reader


def _bucket(settings: Settings) -> tuple[BucketAccess, BucketAccess | None]:
    given, exporter = settings.bucket, settings.exporter
    if isinstance(given, BucketAccess):
        return given, exporter.bucket_key.open(given) if exporter and exporter.bucket_key else None
    opts = pulumi.ResourceOptions(provider=minio_provider(given.admin))
    made = ArtifactBucket("artifacts", replace(given.args, reader=exporter is not None), opts)
    return made.access, made.reader
