"""Reads what concerns the exporter: whether there is one, how often it looks, and by what it reads the stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.backend_database import DatabaseReaderArgs
from components.contracts import BucketAccess, BucketKey
from components.inventory_exporter import RefreshArgs
from stacks.database_roles import RoleKeys, read_role

if TYPE_CHECKING:
    from components.contracts import DatabaseConnection
    from stacks.config_reader import ConfigReader
    from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase

_DAY_SECONDS = 86_400
_MOST_PAGES = 100_000
_ROLE = RoleKeys(
    user="databaseReaderUser",
    password="databaseReaderPassword",  # noqa: S106 - a key of the configuration
    suffix="reader",
    wanted_by="exporter",
    confusion="the exporter could change what it only has to count",
)


@dataclass(frozen=True, kw_only=True)
class ExporterSettings:
    """The exporter, and by what it reads."""

    refresh: RefreshArgs
    database_reader: DatabaseReaderArgs
    """The role to make, or the one that exists."""
    bucket_key: BucketKey | None
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
    user, password = read_role(reader, _ROLE, database, wanted=wanted)
    settings = ExporterSettings(
        refresh=refresh,
        database_reader=DatabaseReaderArgs(user=user, password=password),
        bucket_key=_bucket_key(reader, bucket, wanted=wanted),
    )
    return settings if wanted else None


def _bucket_key(reader: ConfigReader, bucket: ProvisionedBucket | BucketAccess, *, wanted: bool) -> BucketKey | None:
    existing = isinstance(bucket, BucketAccess)
    why = "exporter is true and artifactProvision is false, and it could not list the bucket"
    key = BucketKey(
        access_key=reader.secret("artifactReaderAccessKey", why if wanted and existing else None),
        secret_key=reader.secret("artifactReaderSecretKey", why if wanted and existing else None),
    )
    return key if existing else None
