"""Reads what concerns the exporter: whether there is one, how often it looks, and by what it reads the stores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from components.backend_database import DatabaseReaderArgs
from components.contracts import BucketAccess, DatabaseConnection
from components.inventory_exporter import RefreshArgs
from stacks import checks
from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase

if TYPE_CHECKING:
    import pulumi

    from stacks.config_reader import ConfigReader

_DAY_SECONDS = 86_400
_MOST_PAGES = 100_000
_LONGEST_NAME = 63
"""PostgreSQL cuts a longer one off."""


@dataclass(frozen=True, kw_only=True)
class ListingKey:
    """A key of an existing bucket that may list it."""

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]

    def open(self, access: BucketAccess) -> BucketAccess:
        """Take the place of the server's key."""
        return replace(access, access_key=self.access_key, secret_key=self.secret_key)


@dataclass(frozen=True, kw_only=True)
class ExporterSettings:
    """The exporter, and by what it reads."""

    refresh: RefreshArgs
    database_reader: DatabaseReaderArgs
    """The role to make, or the one that exists."""
    bucket_key: ListingKey | None
    """None: it is made together with the bucket."""


def read_exporter(
    reader: ConfigReader,
    *,
    database: ProvisionedDatabase | DatabaseConnection,
    bucket: ProvisionedBucket | BucketAccess,
) -> ExporterSettings | None:
    """Read the settings, all of them also where there is no exporter; None where there is none."""
    wanted = reader.flag("exporter", "it would be unclear whether there is to be one") and reader.sound("exporter")
    refresh = RefreshArgs(
        database_seconds=reader.integer(
            "exporterDatabaseInterval", 5, _DAY_SECONDS, "its queries would be a load, or its numbers old"
        ),
        bucket_seconds=reader.integer(
            "exporterBucketInterval", 5, _DAY_SECONDS, "its listings would be a load, or its numbers old"
        ),
        bucket_pages=reader.integer(
            "exporterBucketPages", 1, _MOST_PAGES, "it would see nothing of the bucket, or list without end"
        ),
    )
    settings = ExporterSettings(
        refresh=refresh,
        database_reader=_database_reader(reader, database, wanted=wanted),
        bucket_key=_bucket_key(reader, bucket, wanted=wanted),
    )
    return settings if wanted else None


def _database_reader(
    reader: ConfigReader, database: ProvisionedDatabase | DatabaseConnection, *, wanted: bool
) -> DatabaseReaderArgs:
    if isinstance(database, ProvisionedDatabase):
        server, what = database.args.user, "its role could not be made"
        taken = {database.admin.user: "databaseAdminUser", server: "databaseUser"}
    else:
        server, what = str(database.user), "it could not log in to the database"
        taken = {server: "databaseUser"}
    user = reader.optional("databaseReaderUser", "PostgreSQL would refuse it", checks.identifier)
    if user and user in taken:
        reader.report(
            "databaseReaderUser",
            f"{user!r} is {taken[user]} too",
            "the exporter could change what it only has to count",
            "give it a role of its own, or the usual one: pulumi config rm databaseReaderUser",
        )
    usual = f"{server}_reader"
    if wanted and not user and reader.sound("databaseUser") and len(usual) > _LONGEST_NAME:
        reader.report(
            "databaseReaderUser",
            f"is not set, and {usual!r} is longer than {_LONGEST_NAME} characters",
            "PostgreSQL would cut it off",
        )
    password = reader.secret("databaseReaderPassword", f"exporter is true, and {what}" if wanted else None)
    return DatabaseReaderArgs(user=user or usual, password=password)


def _bucket_key(reader: ConfigReader, bucket: ProvisionedBucket | BucketAccess, *, wanted: bool) -> ListingKey | None:
    existing = isinstance(bucket, BucketAccess)
    why = "exporter is true and artifactProvision is false, and it could not list the bucket"
    key = ListingKey(
        access_key=reader.secret("artifactReaderAccessKey", why if wanted and existing else None),
        secret_key=reader.secret("artifactReaderSecretKey", why if wanted and existing else None),
    )
    return key if existing else None
