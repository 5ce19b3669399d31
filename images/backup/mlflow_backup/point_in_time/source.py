"""What the server says about its log and about the slot through which it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_QUESTION = """
    SELECT clock_timestamp(), (pg_current_wal_flush_lsn() - '0/0')::bigint, (r.write_lsn - '0/0')::bigint,
        s.wal_status, (pg_current_wal_flush_lsn() - s.restart_lsn)::bigint, s.active
    FROM (SELECT) AS one
    LEFT JOIN pg_replication_slots AS s ON s.slot_name = %s
    LEFT JOIN pg_stat_replication AS r ON r.pid = s.active_pid
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One look at the server. Addresses count the bytes of the log since its beginning."""

    at: datetime
    flushed: int
    """All that was acknowledged to anybody by then is below."""
    received: int | None
    """What the receiver says to have written to its disk, ten seconds ago at most; None while there is none."""
    slot: str | None
    """reserved, extended, unreserved or lost, as `pg_replication_slots.wal_status`; None: there is no slot."""
    retained: int
    """Bytes of the log that the server keeps for the slot."""
    active: bool


def look(session: psycopg.Connection[Any], slot: str) -> Sample:
    """Take a sample.

    Raises:
        psycopg.Error: The server is away, is no primary, or the role is no member of pg_monitor.
    """
    row = session.execute(_QUESTION, (slot,)).fetchone() or (datetime.now(UTC), 0, None, None, None, None)
    return Sample(
        at=row[0].astimezone(UTC),
        flushed=row[1],
        received=row[2],
        slot=row[3],
        retained=row[4] or 0,
        active=bool(row[5]),
    )
