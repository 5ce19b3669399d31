"""What the program is told, by environment variables. Nothing secret: libpq and botocore find their own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class BackupSettings:
    """Where the results of the backup program are."""

    bucket: str
    endpoint: str | None
    """None: AWS."""
    region: str
    credentials_file: str
    authority_file: str | None
    """None: the public ones."""
    seconds: float
    """Between two looks."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> BackupSettings | None:
        """Read them; None where there are no backups.

        Raises:
            KeyError: One is missing.
            ValueError: One is not the number that it should be.
        """
        bucket = environment.get("EXPORTER_BACKUPS_BUCKET")
        if bucket is None:
            return None
        return cls(
            bucket=bucket,
            endpoint=environment.get("EXPORTER_BACKUPS_ENDPOINT"),
            region=environment["EXPORTER_BACKUPS_REGION"],
            credentials_file=environment["EXPORTER_BACKUPS_CREDENTIALS_FILE"],
            authority_file=environment.get("EXPORTER_BACKUPS_CA_FILE"),
            seconds=float(environment["EXPORTER_BACKUPS_SECONDS"]),
        )


@dataclass(frozen=True)
class Settings:
    """All of it."""

    port: int
    server_role: str
    """Role of the MLflow server, whose connections are counted."""
    database_seconds: float
    """Between two looks at the database."""
    bucket: str
    bucket_endpoint: str | None
    """None: AWS."""
    bucket_seconds: float
    """Between two looks at the bucket."""
    bucket_pages: int
    """Most pages of 1000 objects that one look lists."""
    backups: BackupSettings | None
    """None: there are no backups to tell of."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read them.

        Raises:
            KeyError: One is missing.
            ValueError: One is not the number that it should be.
        """
        return cls(
            port=int(environment["EXPORTER_PORT"]),
            server_role=environment["EXPORTER_SERVER_ROLE"],
            database_seconds=float(environment["EXPORTER_DATABASE_SECONDS"]),
            bucket=environment["EXPORTER_BUCKET"],
            bucket_endpoint=environment.get("EXPORTER_BUCKET_ENDPOINT"),
            bucket_seconds=float(environment["EXPORTER_BUCKET_SECONDS"]),
            bucket_pages=int(environment["EXPORTER_BUCKET_PAGES"]),
            backups=BackupSettings.of(environment),
        )
