"""The lock of the database as a whole: who migrates, backs up or collects takes the same, so they never meet.

A session-level advisory lock of PostgreSQL (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS):
`pg_try_advisory_lock(WHOLE_DATABASE)`. It is a lock of one database, so each takes it in the server's, by a session of
its own and not through a pooler of transactions; it goes with the session, also when its process is killed.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import sqlalchemy

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE_DATABASE = 0x6D6C666C6F77
"""The letters of "mlflow", as the signed 64-bit integer 120312342278007 that PostgreSQL takes."""
_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1
_PROGRESS_SECONDS = 10
_TAKE = sqlalchemy.text("SELECT pg_try_advisory_lock(:key)")
_HOLDER = sqlalchemy.text("""
SELECT l.pid, a.usename, a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = :key
""")


class LockHeldError(Exception):
    """Says who has held the lock, and for how long it was waited for."""


def take_lock(connection: sqlalchemy.Connection, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
    """Take the lock of the whole database, for as long as the session lives.

    Raises:
        LockHeldError: Somebody has held it for so many seconds.
    """
    begun = last = time.monotonic()
    while not _taken(connection):
        holder, now = _holder(connection), time.monotonic()
        if now - begun >= seconds:
            raise LockHeldError(f"{holder} holds the lock of migrations and backups, waited {now - begun:.0f} s for it")
        if last == begun or now - last >= _PROGRESS_SECONDS:
            last = now
            _LOG.info("waiting for the lock of migrations and backups, which %s holds", holder)
        sleep(_POLL_SECONDS)


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
