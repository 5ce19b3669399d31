"""``postgresql:index/database:Database``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from psycopg import sql

from sandbox.engine.plugins.postgresql.connection import Server, explained, membership
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from sandbox.engine.plugins.protocol.values import Values

_READ: Final = """
SELECT datname, pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate, datctype,
       spcname::text, datconnlimit, datallowconn, datistemplate
FROM pg_database JOIN pg_tablespace ON dattablespace = pg_tablespace.oid WHERE datname = %s
"""
_FORCED_DROP: Final = 130000  # first server version that has DROP DATABASE ... WITH (FORCE)


def _at_least_minus_one(value: int) -> str | None:
    return None if value >= -1 else f"expected connection_limit to be at least (-1), got {value}"


class Database(Resource[Server]):
    """A database. Encoding, locale and template are fixed when it is created; everything else changes in place."""

    token = "postgresql:index/database:Database"  # noqa: S105 - a type token
    identity = ("name",)
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(required=True, autoname=True),
            "owner": Property(computed=True),
            "template": Property(computed=True, force_new=True),
            "encoding": Property(computed=True, force_new=True),
            "lcCollate": Property(computed=True, force_new=True),
            "lcCtype": Property(computed=True, force_new=True),
            "tablespaceName": Property(computed=True),
            "connectionLimit": Property(kind=Kind.INTEGER, default=-1, problem=_at_least_minus_one),
            "allowConnections": Property(kind=Kind.BOOLEAN, default=True),
            "isTemplate": Property(kind=Kind.BOOLEAN, computed=True),
            "alterObjectOwnership": Property(kind=Kind.BOOLEAN, default=False),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Create the database; PostgreSQL does that as one step."""
        name = new["name"]
        options = [
            _option("TEMPLATE", new["template"] or "template0"),
            _option("ENCODING", new["encoding"] or "UTF8"),
            _option("LC_COLLATE", new["lcCollate"]),
            _option("LC_CTYPE", new["lcCtype"]),
            _option("TABLESPACE", new["tablespaceName"]),
            sql.SQL("ALLOW_CONNECTIONS {} CONNECTION LIMIT {} IS_TEMPLATE {}").format(
                sql.Literal(new["allowConnections"]),
                sql.Literal(new["connectionLimit"]),
                sql.Literal(bool(new["isTemplate"])),
            ),
        ]
        with _owning(client, new["owner"], what=f"Error creating database {name}") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                raise ResourceError(
                    f'Error creating database {name}: database "{name}" already exists; adopt it with '
                    f"`pulumi import {self.token} RESOURCE_NAME {name}`, or drop it"
                )
            owner = sql.Identifier(new["owner"] or client.username)
            statement = sql.SQL("CREATE DATABASE {} OWNER {} {}")
            connection.execute(statement.format(sql.Identifier(name), owner, sql.SQL(" ").join(options)))
        return Created(name, {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read the database by its stored name: a rename leaves the id at the old one."""
        found = client.rows(_READ, state.get("name") or identifier)
        if not found:
            return None
        keys = ("name", "owner", "encoding", "lcCollate", "lcCtype", "tablespaceName", "connectionLimit")
        values = dict(zip((*keys, "allowConnections", "isTemplate"), found[0], strict=True))
        return values | {"template": state.get("template") or "template0"}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:
        """Alter what differs; each step stands by itself, so that a failure in between is continued by the next run."""
        former = old.get("name") or identifier
        name = sql.Identifier(new["name"])
        with _owning(client, new["owner"], what=f"Error updating database {former}") as connection:
            if new["name"] != former:
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(former), name))
            if new["owner"] and new["owner"] != old.get("owner"):
                owner = sql.Identifier(new["owner"])
                connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
            if new["tablespaceName"] and new["tablespaceName"] != old.get("tablespaceName"):
                space = sql.Identifier(new["tablespaceName"])
                connection.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE {}").format(name, space))
            for key, keyword in _ALTERABLE:
                if new[key] is not None and new[key] != old.get(key):
                    clause = sql.SQL(keyword).format(sql.Literal(new[key]))
                    connection.execute(sql.SQL("ALTER DATABASE {} WITH {}").format(name, clause))
        if new["alterObjectOwnership"] and old.get("owner") and new["owner"] != old["owner"]:
            _reassign(client, new["name"], old["owner"], new["owner"])
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Shut the database to new sessions, end the present ones, and drop it."""
        name = state.get("name") or identifier
        database = sql.Identifier(name)
        with _owning(client, state.get("owner"), what=f"Error dropping database {name}") as connection:
            row = connection.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
            if row is None:
                return
            if row[0]:
                connection.execute(sql.SQL("ALTER DATABASE {} WITH IS_TEMPLATE false").format(database))
            connection.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(database))
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            forced = connection.info.server_version >= _FORCED_DROP
            statement = sql.SQL("DROP DATABASE {} WITH (FORCE)" if forced else "DROP DATABASE {}")
            connection.execute(statement.format(database))


_ALTERABLE: Final = (
    ("connectionLimit", "CONNECTION LIMIT {}"),
    ("allowConnections", "ALLOW_CONNECTIONS {}"),
    ("isTemplate", "IS_TEMPLATE {}"),
)


def _option(keyword: str, value: str | None) -> sql.Composable:
    """Write an option of CREATE DATABASE: DEFAULT is a keyword, names are quoted as such, the rest as strings."""
    if not value:
        return sql.SQL("")
    if value.upper() == "DEFAULT":
        return sql.SQL(keyword + " DEFAULT")
    quoted = sql.Identifier(value) if keyword in {"TEMPLATE", "TABLESPACE"} else sql.Literal(value)
    return sql.SQL(keyword + " {}").format(quoted)


@contextmanager
def _owning(client: Server, owner: str | None, *, what: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a session that may act as the owner of a database (CREATE and DROP DATABASE run outside transactions)."""
    roles = [owner] if owner and owner != client.username else []
    with client.writing(autocommit=True) as connection, explained(what), membership(connection, roles):
        yield connection


def _reassign(client: Server, name: str, former: str, owner: str) -> None:
    what = f"could not reassign the objects of {former} in {name}"
    with client.writing(name) as connection, explained(what), membership(connection, [former, owner]):
        statement = sql.SQL("REASSIGN OWNED BY {} TO {}")
        connection.execute(statement.format(sql.Identifier(former), sql.Identifier(owner)))
