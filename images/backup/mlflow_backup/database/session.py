"""Sessions, the lock that keeps others away, and what a database says about itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from mlflow_backup.failures import NothingToDoError, RetryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = 0x6D6C666C6F77
"""Key of `pg_advisory_lock`, the letters of `mlflow`: WHOLE_DATABASE of the platform's program. Backup, restore, schema
migration and collection of garbage take it."""
_CONNECTION: dict[str, Any] = {
    "application_name": "mlflow-backup",
    "connect_timeout": "10",
    # A server that went silent is an error within a minute or two, instead of a wait until TCP gives up.
    "tcp_user_timeout": "60000",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
_HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = %s)
"""
OWN_SCHEMAS = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
_TABLES = f"""
    SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND {OWN_SCHEMAS} ORDER BY 1, 2
"""  # noqa: S608 - a constant


def address(service: str, database: str | None = None) -> str:
    """Build the connection string: a section of the service file, which has the password, and nothing secret."""
    return f"service={service} dbname={database}" if database else f"service={service}"


@contextmanager
def connected(service: str, database: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """Open a session, each of whose statements is a transaction unless one is begun.

    Raises:
        psycopg.OperationalError: The server cannot be reached, or refuses.
    """
    with psycopg.connect(address(service, database), autocommit=True, **_CONNECTION) as session:
        # The role's own limits are for dashboards; a count of a large table or the wait for a dump takes longer.
        for limit in _LIMITS:
            session.execute(f"SET {limit} = 0")
        yield session


def take_lock(session: psycopg.Connection[Any], key: int = LOCK) -> None:
    """Take the lock for as long as the session lasts, however it ends.

    Raises:
        RetryLaterError: Somebody holds it.
    """
    row = session.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    if row is None or not row[0]:
        raise RetryLaterError(
            "another backup, restore, schema migration or collection of garbage is under way on this database "
            f"(advisory lock {key}): come again when it has ended",
            "locked",
        )


def demand_lock(session: psycopg.Connection[Any], so_far: str, key: int = LOCK) -> None:
    """See that the session is still there and holds the lock: where it broke, somebody else may have begun meanwhile.

    Args:
        session: The one that took it.
        so_far: What is to be told of the work that is given up.
        key: Of the lock.

    Raises:
        RetryLaterError: It does not.
    """
    try:
        row = session.execute(_HELD, (key,)).fetchone()
        why = "" if row and row[0] else "the server knows nothing of it"
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split())
    if why:
        raise RetryLaterError(
            f"the session that held the lock of the database (advisory lock {key}) is lost ({why}), and another "
            f"backup, restore, schema migration or collection of garbage may have begun: {so_far}; run it again",
            "lock-lost",
        )


def row_counts(session: psycopg.Connection[Any]) -> dict[str, int]:
    """Count the rows of every table."""
    counts = {}
    for schema, table in session.execute(_TABLES).fetchall():
        row = session.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))).fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
    return counts


def revision(session: psycopg.Connection[Any]) -> str:
    """Tell which version of MLflow's schema it has.

    Raises:
        NothingToDoError: None: MLflow has never been started on it.
    """
    try:
        row = session.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row is None:
        raise NothingToDoError("the database has no schema of MLflow yet: there is nothing to back up")
    return str(row[0])


def server_version(session: psycopg.Connection[Any]) -> str:
    """Tell the server's version."""
    row = session.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""
