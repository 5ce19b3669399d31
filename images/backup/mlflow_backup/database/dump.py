"""Writes the database into a backup: one snapshot, from pg_dump through encryption to the bucket, never on a disk."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlflow_backup.archive.manifest import Dump
from mlflow_backup.database.programs import running
from mlflow_backup.database.session import address, revision, row_counts, server_version
from mlflow_backup.storage.streams import Measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from mlflow_backup.storage.bucket import Bucket
    from mlflow_backup.storage.encryption import Recipients


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A moment of the database, which a dump sees as the counts have seen it."""

    id: str
    """For `pg_dump --snapshot`."""
    taken: datetime
    tables: Mapping[str, int]
    """Rows."""
    revision: str
    server: str
    bytes: int
    """Size of the database on the server's disk."""


@contextmanager
def snapshot(session: psycopg.Connection[Any]) -> Iterator[Snapshot]:
    """Take a snapshot and count in it; it lasts until the end of the `with`.

    Raises:
        NothingToDoError: There is no schema of MLflow.
    """
    with session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = session.execute("SELECT pg_export_snapshot(), pg_database_size(current_database())").fetchone() or ("", 0)
        taken = datetime.now(UTC)
        yield Snapshot(
            id=row[0],
            taken=taken,
            revision=revision(session),
            tables=row_counts(session),
            server=server_version(session),
            bytes=row[1],
        )


def dump(service: str, moment: Snapshot, recipients: Recipients, target: Bucket, key: str) -> Dump:
    """Dump the database as it was at that moment.

    Raises:
        BackupError: pg_dump failed; there is no object then.
    """
    arguments = (
        "--format=custom",
        f"--snapshot={moment.id}",
        "--no-password",
        # A migration that holds a table is waited for, but not for ever: the snapshot keeps dead rows alive.
        "--lock-wait-timeout=60s",
        f"--dbname={address(service)}",
    )
    with target.upload(key, moment.bytes) as upload, running("pg_dump", *arguments, writes=True) as program:
        plain = Measured(source=program.output)
        recipients.encrypt(plain, upload)
        program.demand_success("dump")
    return Dump(
        bytes=upload.bytes,
        sha256=upload.sha256,
        plaintext_bytes=plain.bytes,
        plaintext_sha256=plain.checksum.hex(),
    )
