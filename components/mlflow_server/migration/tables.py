"""The tables as a whole: who is in the way of changing them, and whether they have lost anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy

from components.database_session.errors import passes
from components.database_session.lock import session_name

from .outcome import EndedError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONDENSED = ("trace_tags", "trace_request_metadata", "trace_metrics", "span_metrics")
"""Revision 75868b020152, of MLflow 3.17, moves a part of their rows into columns of traces and spans."""
_NAMES = """
SELECT tablename FROM pg_tables
WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'USAGE') ORDER BY tablename
"""
_IN_THE_WAY = sqlalchemy.text("""
SELECT l.pid, a.usename, a.application_name, a.state, extract(epoch FROM clock_timestamp() - a.xact_start)
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
GROUP BY 1, 2, 3, 4, a.xact_start ORDER BY a.xact_start
""")
_SET = sqlalchemy.text("SELECT set_config(:name, :value, true)")


def names(connection: sqlalchemy.Connection) -> list[str]:
    """List the tables that belong to the role."""
    return list(connection.exec_driver_sql(_NAMES).scalars())


def lock(connection: sqlalchemy.Connection, tables: Sequence[str], seconds: float) -> None:
    """Keep everybody else out of the tables until the transaction ends, and let no statement of it wait longer.

    All at once and first: taken one by one, they would be waited for while readers already queue behind the others,
    which may in turn hold the next one. So servers wait for `seconds` at most before anything is changed.

    Raises:
        EndedError: The tables cannot be had in that time.
    """
    limit = f"{round(seconds * 1000)}ms"
    if old := [session for session, age in _in_the_way(connection) if age > seconds]:
        raise _in_use(old)
    if tables:
        quote = connection.dialect.identifier_preparer.quote
        statement = f"LOCK TABLE {', '.join(map(quote, tables))} IN ACCESS EXCLUSIVE MODE"
        _set(connection, "statement_timeout", limit)
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(statement)
        except sqlalchemy.exc.OperationalError as error:
            if not passes(error) or error.connection_invalidated:
                raise
            raise _in_use([session for session, _ in _in_the_way(connection)]) from error
    # A migration takes as long as it takes; only what others hold is not waited for.
    _set(connection, "statement_timeout", "0")
    _set(connection, "lock_timeout", limit)


def _in_use(sessions: Sequence[str]) -> EndedError:
    who = "; ".join(sessions) or "by sessions that have just ended"
    return EndedError(Outcome.RETRY_LATER, f"tables that have to change are in use: {who}")


def _in_the_way(connection: sqlalchemy.Connection) -> list[tuple[str, float]]:
    """List the sessions that hold locks of tables, each with the age of its transaction where that may be known."""
    found = []
    for pid, role, application, state, age in connection.execute(_IN_THE_WAY):
        known = f" is {state} in a transaction of {age:.0f} s" if age is not None else ""
        found.append((f"{session_name(pid, role, application)}{known}", float(age or 0)))
    return found


def count(connection: sqlalchemy.Connection, tables: Sequence[str]) -> dict[str, int]:
    """Count the rows of each table."""
    quote = connection.dialect.identifier_preparer.quote
    return {
        table: connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table)}").scalar_one()  # noqa: S608 - quoted
        for table in tables
    }


def lost(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Tell how many rows which tables have lost, and apart from them those that MLflow is known to condense."""
    less = {table: rows - after.get(table, 0) for table, rows in before.items() if rows > after.get(table, 0)}
    return (
        {table: rows for table, rows in less.items() if table not in _CONDENSED},
        {table: rows for table, rows in less.items() if table in _CONDENSED},
    )


def listing(counts: Mapping[str, int]) -> str:
    """Write how many rows are in which tables, but for empty ones."""
    return ", ".join(f"{table} {rows}" for table, rows in counts.items() if rows)


def summary(counts: Mapping[str, int]) -> str:
    """Say how much it is."""
    return f"{len(counts)} tables with {sum(counts.values())} rows"


def _set(connection: sqlalchemy.Connection, name: str, value: str) -> None:
    connection.execute(_SET, {"name": name, "value": value})
