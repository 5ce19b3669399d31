"""The connection, the lock that it holds, and what may be known of other sessions."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy.pool import NullPool

from components.database_lock import WHOLE_DATABASE
from components.program_logging.redaction import in_one_line

from .outcome import EndedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_CONNECTION = {
    # A server that went silent is an error within a minute, instead of a pod that hangs until TCP gives up.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # PostgreSQL otherwise notices at the end of a statement only that the process behind it was killed.
    "options": "-c client_connection_check_interval=5s",
}
_POLL_SECONDS = 1
_PROGRESS_SECONDS = 10
_PASSING = ("55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs of what passes: a lock or a time limit, a deadlock, a server that stops or starts, no connection free."""
_CONNECTION_CLASS = "08"
_TAKE = sqlalchemy.text("SELECT pg_try_advisory_lock(:key)")
_HOLDER = sqlalchemy.text("""
SELECT l.pid, a.usename, a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = :key
""")


def engine_of(uri: str, application: str = "mlflow-migration") -> sqlalchemy.Engine:
    """Make connections that are sessions of their own, and end with them; others see them by this name."""
    return sqlalchemy.create_engine(
        uri, poolclass=NullPool, connect_args={**_CONNECTION, "application_name": application}
    )


def take_lock(connection: sqlalchemy.Connection, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
    """Take the lock of the whole database, for as long as the session lives.

    Raises:
        EndedError: Somebody has held it for so many seconds.
    """
    begun = last = time.monotonic()
    while not _taken(connection):
        holder, now = _holder(connection), time.monotonic()
        if now - begun >= seconds:
            raise EndedError(
                Outcome.RETRY_LATER,
                f"{holder} holds the lock of migrations and backups, waited {now - begun:.0f} s for it",
            )
        if last == begun or now - last >= _PROGRESS_SECONDS:
            last = now
            _LOG.info("waiting for the lock of migrations and backups, which %s holds", holder)
        sleep(_POLL_SECONDS)


def passes(error: BaseException) -> bool:
    """Say whether an error is of the kind that another attempt may not meet."""
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    if state:
        return state in _PASSING or state.startswith(_CONNECTION_CLASS)
    # Without a state it is not the server that speaks: there is no connection, or none any more.
    return isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError)


def told(error: BaseException) -> str:
    """Tell an error in a line; of one of the database what the driver says, without SQLAlchemy's words around it."""
    return in_one_line((isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig) or error)


def session_name(pid: int, role: str | None, application: str | None) -> str:
    """Name a session by what is known of it; another role's is known by its number and role only."""
    known = ", ".join(filter(None, (application, f"role {role}" if role else "")))
    return f"session {pid} ({known})" if known else f"session {pid}"


def _taken(connection: sqlalchemy.Connection) -> bool:
    with connection.begin():
        return bool(connection.execute(_TAKE, {"key": WHOLE_DATABASE}).scalar_one())


def _holder(connection: sqlalchemy.Connection) -> str:
    with connection.begin():
        row = connection.execute(_HOLDER, {"key": WHOLE_DATABASE}).first()
    if row is None:
        return "a session that has just ended"
    pid, role, application, since = row
    return session_name(pid, role, application) + (f" since {since}" if since else "")
