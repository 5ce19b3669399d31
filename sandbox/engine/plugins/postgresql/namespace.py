"""``postgresql:index/schema:Schema`` (here Namespace, PostgreSQL's other word: a plugin has a Schema of its own)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from psycopg import sql

from sandbox.engine.plugins.postgresql.connection import Server, explained, membership
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values


def _no_policies(value: list[Values]) -> str | None:
    served = "the stand-in for the postgresql plugin sets no schema policies; use a Grant of object type schema"
    return served if value else None


class Namespace(Resource[Server]):
    """A schema of a database and its owner."""

    token = "postgresql:index/schema:Schema"  # noqa: S105 - a type token
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(required=True, autoname=True),
            "database": Property(computed=True, force_new=True),
            "owner": Property(computed=True),
            "ifNotExists": Property(kind=Kind.BOOLEAN, default=True),
            "dropCascade": Property(kind=Kind.BOOLEAN, default=False),
            "policies": Property(kind=Kind.OBJECTS, computed=True, problem=_no_policies),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Create the schema, or take over an existing one (``public``) where ``ifNotExists`` allows that."""
        name, database = new["name"], new["database"] or client.database
        owner = new["owner"] or client.username
        what = f"could not create schema {name}"
        with client.writing(database) as connection, explained(what), membership(connection, [owner]):
            query = "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %s"
            row = connection.execute(query, [name]).fetchone()
            if row and not new["ifNotExists"]:
                raise ResourceError(f'{what}: schema "{name}" already exists')
            parts = (sql.Identifier(name), sql.Identifier(owner))
            if row is None:
                connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(*parts))
            elif new["owner"] and row[0] != owner:
                connection.execute(sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(*parts))
        return Created(f"{database}.{name}", {"database": database})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read the owner; an id is ``database.schema``, or a schema of the provider's database."""
        database, _, name = identifier.rpartition(".")
        name, database = state.get("name") or name, state.get("database") or database or client.database
        if not client.rows("SELECT 1 FROM pg_database WHERE datname = %s", database):
            return None
        query = "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %s"
        found = client.rows(query, name, database=database)
        if not found:
            return None
        return {"name": name, "database": database, "owner": found[0][0], "policies": []}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Rename the schema or give it to another role."""
        owners = [role for role in (old.get("owner"), new["owner"]) if role]
        what = f"could not update schema {old['name']}"
        with client.writing(new["database"]) as connection, explained(what), membership(connection, owners):
            if new["name"] != old["name"]:
                parts = (sql.Identifier(old["name"]), sql.Identifier(new["name"]))
                connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(*parts))
            if new["owner"] and new["owner"] != old.get("owner"):
                parts = (sql.Identifier(new["name"]), sql.Identifier(new["owner"]))
                connection.execute(sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(*parts))
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Drop the schema, with what it contains only where ``dropCascade`` says so."""
        found = self.read(client, identifier, state)
        if found is None:
            return
        what, owner = f"could not drop schema {found['name']}", [found["owner"]]
        with client.writing(found["database"]) as connection, explained(what), membership(connection, owner):
            ending = sql.SQL("CASCADE" if state.get("dropCascade") else "RESTRICT")
            connection.execute(sql.SQL("DROP SCHEMA {} {}").format(sql.Identifier(found["name"]), ending))
