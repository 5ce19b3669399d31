"""`drill`: restores into a scratch database and a scratch prefix, compares, and removes both again."""

from __future__ import annotations

import logging
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import sql

from mlflow_backup.commands.drill_server import ask_server
from mlflow_backup.commands.restoration import Restoration
from mlflow_backup.database.session import connected, take_lock
from mlflow_backup.failures import UsageError
from mlflow_backup.storage.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from mlflow_backup.commands.restoration import Wish
    from mlflow_backup.report import Report
    from mlflow_backup.settings import RestoreSettings

_LOG = logging.getLogger(__name__)
LOCK = 0x6D6C6472696C6C
"""The letters of `mldrill`. One drill at a time: whatever scratch another has left is then left for good."""
DATABASES = "mlflow_drill_"
PREFIX = "drill/"
_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
"""Of the role itself. `DROP DATABASE` then waits for them, and ends an autovacuum of the database; with `FORCE` the
role would be refused for that one, whose process belongs to nobody."""


def drill(settings: RestoreSettings, report: Report, wish: Wish, server_command: str | None) -> None:
    """Prove that a backup can be restored.

    Args:
        settings: The service names a database to start from, by a role that may create others.
        report: Of the result.
        wish: Which backup, and how much of it is compared.
        server_command: Starts MLflow on the scratch; see `drill_server`.

    Raises:
        RefusedError: The backup is not good enough.
        BackupError: The restore failed or differs from the backup. The scratch is removed in any case.
    """
    source, scratch = settings.source, settings.restored
    if source and (source.host, source.bucket) == (scratch.host, scratch.bucket):
        raise UsageError("BACKUP_RESTORE_BUCKET is the artifact bucket: a drill needs one of its own")
    with connected(settings.service) as session:
        take_lock(session, LOCK)
        with _scratch(session, Bucket(scratch)) as database:
            prefix = f"{PREFIX}{database}/"
            restoration = Restoration(settings, report, wish, prefix)
            with restoration.reading():
                restoration.check()
                restoration.artifacts(restoration.plan(replace=False))
                restoration.database(database, b"", lambda: None)
                restoration.compare(database)
            if server_command:
                with report.phase("server"):
                    report.details |= ask_server(server_command, settings, database, prefix)


@contextmanager
def _scratch(session: psycopg.Connection[Any], bucket: Bucket) -> Iterator[str]:
    """Make a database, and remove it and the prefix afterwards, with those of drills that were killed."""
    _remove(session, bucket)
    name = f"{DATABASES}{secrets.token_hex(4)}"
    try:
        session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield name
    finally:
        _remove(session, bucket)


def _remove(session: psycopg.Connection[Any], bucket: Bucket) -> None:
    found = session.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (DATABASES,)).fetchall()
    for (name,) in found:
        session.execute(_END_SESSIONS, (name,))
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    count = bucket.delete(found.key for found in bucket.list(PREFIX))
    if found or count:
        _LOG.info("scratch is removed", extra={"facts": {"databases": len(found), "objects": count}})
