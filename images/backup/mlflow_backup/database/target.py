"""What is in a database before a restore: nothing, or something that may be replaced, or something that may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from mlflow_backup.database.session import OWN_SCHEMAS
from mlflow_backup.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

_SHOWN = 3
# What belongs to an extension, to a table or to a type goes with it.
_OBJECTS = f"""
    WITH objects (class, oid, kind, schema, name, arguments, owner) AS (
        SELECT 'pg_class'::regclass, c.oid,
            CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
            n.nspname, c.relname, NULL, c.relowner
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND NOT c.relispartition AND {OWN_SCHEMAS}
        UNION ALL
        SELECT 'pg_proc'::regclass, p.oid, 'ROUTINE', n.nspname, p.proname,
            pg_get_function_identity_arguments(p.oid), p.proowner
        FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {OWN_SCHEMAS}
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid, 'TYPE', n.nspname, t.typname, NULL, t.typowner
        FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
        WHERE t.typtype IN ('e', 'd') AND {OWN_SCHEMAS}
    )
    SELECT kind, schema, name, arguments, pg_has_role(owner, 'USAGE') FROM objects AS o
    WHERE NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('e', 'i', 'a'))
    ORDER BY kind, schema, name
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Present:
    """An object of a database."""

    kind: str
    schema: str
    name: str
    arguments: str | None
    owned: bool
    """The role of the session may drop it."""

    @property
    def drop(self) -> sql.Composed:
        """The statement that removes it."""
        arguments = sql.SQL(f"({self.arguments})") if self.arguments is not None else sql.SQL("")
        return sql.SQL(f"DROP {self.kind} IF EXISTS {{}}{{}} CASCADE;\n").format(
            sql.Identifier(self.schema, self.name), arguments
        )


def present(session: psycopg.Connection[Any]) -> list[Present]:
    """List what somebody has made in the database."""
    return [Present(*row) for row in session.execute(_OBJECTS).fetchall()]


def demand_room(session: psycopg.Connection[Any], *, replace: bool) -> bytes:
    """See that a restore would destroy nothing unasked.

    Returns:
        The statements that make room, for the transaction of the restore.

    Raises:
        RefusedError: The database is not empty, or holds what cannot be replaced.
    """
    found = present(session)
    if found and not replace:
        raise RefusedError(
            f"the database is not empty ({_names(found)}): restore into an empty one, "
            "or say --replace to drop what this role owns in it",
            "not-empty",
        )
    if foreign := [thing for thing in found if not thing.owned]:
        raise RefusedError(
            f"the database holds what this role does not own ({_names(foreign)}): --replace drops nothing of others; "
            "restore as the owner, or remove it by hand",
            "not-empty",
        )
    return b"".join(thing.drop.as_bytes(session) for thing in found)


def _names(found: Sequence[Present]) -> str:
    shown = ", ".join(f"{thing.kind.lower()} {thing.schema}.{thing.name}" for thing in found[:_SHOWN])
    return shown + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
