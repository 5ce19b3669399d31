"""``postgresql:index/grant:Grant``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from psycopg import sql

from sandbox.engine.plugins.postgresql.connection import Server, explained, membership, names
from sandbox.engine.plugins.postgresql.privileges import check_privileges, grantee, privilege_list, same_privileges
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from sandbox.engine.plugins.protocol.values import Values

_SERVED: Final = ("database", "schema", "table", "sequence")
_OFFICIAL: Final = (*_SERVED, "function", "procedure", "routine", "foreign_data_wrapper", "foreign_server", "column")
_RELATION_KINDS: Final = {"table": ["r", "p", "v", "m", "f"], "sequence": ["S"]}
# One row per object with the privileges of one grantee (0 is PUBLIC) and whether all of them may be passed on.
_GRANTED_ON: Final = """
SELECT coalesce(array_agg(privilege_type::text) FILTER (WHERE privilege_type IS NOT NULL), '{}')
"""
_READ: Final = {
    "database": "FROM pg_database LEFT JOIN LATERAL aclexplode(datacl) acl ON acl.grantee = %(grantee)s"
    " WHERE datname = %(database)s GROUP BY pg_database.oid",
    "schema": "FROM pg_namespace LEFT JOIN LATERAL aclexplode(nspacl) acl ON acl.grantee = %(grantee)s"
    " WHERE nspname = %(schema)s GROUP BY pg_namespace.oid",
    "relation": "FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid"
    " LEFT JOIN LATERAL aclexplode(relacl) acl ON acl.grantee = %(grantee)s"
    ' WHERE nspname = %(schema)s AND relkind = ANY(%(kinds)s::"char"[])'
    " AND (cardinality(%(objects)s::name[]) = 0 OR relname = ANY(%(objects)s::name[]))"
    " GROUP BY pg_class.oid",
}


def _known_type(value: str) -> str | None:
    if value not in _OFFICIAL:
        return f"expected object_type to be one of {list(_OFFICIAL)}, got {value}"
    if value not in _SERVED:
        return f"the stand-in for the postgresql plugin grants on {', '.join(_SERVED)} only, not on a {value}"
    return None


class Grant(Resource[Server]):
    """The privileges of one role on one database, one schema, or tables or sequences of a schema."""

    token = "postgresql:index/grant:Grant"  # noqa: S105 - a type token
    importable = False
    # Unlike the official plugin, which creates the replacement first and then revokes from it what it has granted.
    identity = ("role", "database", "schema", "objectType", "objects")
    schema: ClassVar[Schema] = Schema(
        {
            "role": Property(required=True, force_new=True),
            "database": Property(required=True, force_new=True),
            "schema": Property(force_new=True),
            "objectType": Property(required=True, force_new=True, problem=_known_type),
            "objects": Property(kind=Kind.SET, force_new=True),
            "columns": Property(kind=Kind.SET, force_new=True),
            "privileges": Property(kind=Kind.SET, required=True),
            "withGrantOption": Property(kind=Kind.BOOLEAN, default=False, force_new=True),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Revoke what the role has and grant what it should have, in one transaction."""
        _validate(new)
        self._apply(client, new, grant=True)
        parts = [new["role"], new["database"], *([new["schema"]] if new["objectType"] != "database" else [])]
        return Created("_".join([*parts, new["objectType"], *sorted(new["objects"] or [])]), {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:  # noqa: ARG002
        """Read the privileges; the grant is gone when the role, the database or the schema is."""
        kind, role = state["objectType"], state["role"]
        owner = [(0,)] if role == "public" else client.rows("SELECT oid FROM pg_roles WHERE rolname = %s", role)
        if not owner or not client.rows("SELECT 1 FROM pg_database WHERE datname = %s", state["database"]):
            return None
        parameters = {
            "grantee": owner[0][0],
            "database": state["database"],
            "schema": state.get("schema"),
            "objects": list(state.get("objects") or []),
            "kinds": _RELATION_KINDS.get(kind, []),
        }
        with client.session(state["database"]) as connection, explained("could not read privileges"):
            exists = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
            if kind != "database" and not connection.execute(exists, [state.get("schema")]).fetchone():
                return None
            query = sql.SQL(_GRANTED_ON + _READ["relation" if kind in _RELATION_KINDS else kind])
            found = connection.execute(query, parameters).fetchall()
        for (granted,) in found:
            if not same_privileges(kind, state["privileges"], granted):
                return {"privileges": sorted(granted)}  # one object that differs makes the next update grant anew
        return {"privileges": state["privileges"]}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Do as at creation: only the list of privileges can have changed."""
        _validate(new)
        self._apply(client, new, grant=True)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Revoke everything; nothing is left to do where role, database or schema are gone."""
        if self.read(client, identifier, state) is not None:
            self._apply(client, state, grant=False)

    def _apply(self, client: Server, wanted: Values, *, grant: bool) -> None:
        role, database = grantee(wanted["role"]), wanted["database"]
        with client.writing(database) as connection, explained(f"could not change privileges of {wanted['role']}"):
            # Other processes may grant on the same objects; the official plugin takes the same lock.
            lock = "SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_database WHERE datname = %s"
            connection.execute(lock, [database])
            with membership(connection, _owners(connection, wanted)):
                target = _target(wanted)
                connection.execute(sql.SQL("REVOKE ALL PRIVILEGES ON {} FROM {}").format(target, role))
                if grant and wanted["privileges"]:
                    option = sql.SQL(" WITH GRANT OPTION" if wanted["withGrantOption"] else "")
                    statement = sql.SQL("GRANT {} ON {} TO {}{}")
                    connection.execute(statement.format(privilege_list(wanted["privileges"]), target, role, option))


def _validate(new: Values) -> None:
    kind = new["objectType"]
    if kind != "database" and not new["schema"]:
        raise ResourceError("parameter 'schema' is mandatory for postgresql_grant resource except for databases")
    if new["objects"] and kind in {"database", "schema"}:
        raise ResourceError("cannot specify `objects` when `object_type` is `database` or `schema`")
    if new["columns"]:
        raise ResourceError("cannot specify `columns` when `object_type` is not `column`")
    check_privileges(kind, new["privileges"])


def _target(wanted: Values) -> sql.Composable:
    """Write the object of GRANT and REVOKE."""
    kind = wanted["objectType"]
    if kind in {"database", "schema"}:
        return sql.SQL("DATABASE {}" if kind == "database" else "SCHEMA {}").format(sql.Identifier(wanted[kind]))
    keyword = sql.SQL("TABLE" if kind == "table" else "SEQUENCE")
    if not wanted["objects"]:
        return sql.SQL("ALL {}S IN SCHEMA {}").format(keyword, names([wanted["schema"]]))
    relations = [sql.Identifier(wanted["schema"], name) for name in wanted["objects"]]
    return sql.SQL("{} {}").format(keyword, sql.SQL(", ").join(relations))


def _owners(connection: psycopg.Connection[Any], wanted: Values) -> Sequence[str]:
    """Name the roles that may change these privileges: owners of the schema and of what it contains."""
    if wanted["objectType"] == "database":
        return []
    rows = connection.execute(
        "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = %(schema)s UNION "
        "SELECT pg_get_userbyid(relowner)::text FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid "
        'WHERE nspname = %(schema)s AND relkind = ANY(%(kinds)s::"char"[])',
        {"schema": wanted["schema"], "kinds": _RELATION_KINDS.get(wanted["objectType"], [])},
    )
    return [row[0] for row in rows]
