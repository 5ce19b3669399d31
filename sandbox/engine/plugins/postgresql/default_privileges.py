"""``postgresql:index/defaultPrivileges:DefaultPrivileges``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from psycopg import sql

from sandbox.engine.plugins.postgresql.connection import Server, explained, membership
from sandbox.engine.plugins.postgresql.privileges import check_privileges, grantee, privilege_list, same_privileges
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

# Object type: keyword of the statement, letter in pg_default_acl.
_TYPES: Final = {
    "table": ("TABLES", "r"),
    "sequence": ("SEQUENCES", "S"),
    "function": ("FUNCTIONS", "f"),
    "routine": ("ROUTINES", "f"),
    "type": ("TYPES", "T"),
    "schema": ("SCHEMAS", "n"),
}
_READ: Final = """
SELECT coalesce(array_agg(acl.privilege_type::text), '{}')
FROM pg_default_acl, aclexplode(defaclacl) acl
WHERE defaclrole = (SELECT oid FROM pg_roles WHERE rolname = %s) AND defaclobjtype = %s
  AND defaclnamespace = coalesce((SELECT oid FROM pg_namespace WHERE nspname = %s), 0) AND acl.grantee = %s
"""


def _known_type(value: str) -> str | None:
    return None if value in _TYPES else f"expected object_type to be one of {list(_TYPES)}, got {value}"


class DefaultPrivileges(Resource[Server]):
    """The privileges that a role gets on objects that an owner will create."""

    token = "postgresql:index/defaultPrivileges:DefaultPrivileges"  # noqa: S105 - a type token
    importable = False
    # Unlike the official plugin, see Grant.
    identity = ("role", "database", "schema", "owner", "objectType")
    schema: ClassVar[Schema] = Schema(
        {
            "role": Property(required=True, force_new=True),
            "database": Property(required=True, force_new=True),
            "owner": Property(required=True, force_new=True),
            "schema": Property(force_new=True),
            "objectType": Property(required=True, force_new=True, problem=_known_type),
            "privileges": Property(kind=Kind.SET, required=True),
            "withGrantOption": Property(kind=Kind.BOOLEAN, default=False, force_new=True),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Revoke the old defaults and set the new ones, in one transaction."""
        if new["objectType"] == "schema" and new["schema"]:
            raise ResourceError("cannot specify `schema` when `object_type` is `schema`")
        check_privileges(new["objectType"], new["privileges"])
        self._apply(client, new, grant=True)
        parts = (new["role"], new["database"], new["schema"] or "noschema", new["owner"], new["objectType"])
        return Created("_".join(parts), {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:  # noqa: ARG002
        """Read the defaults; they are gone when role, owner, database or schema is."""
        roles = [role for role in (state["role"], state["owner"]) if role != "public"]
        rows = client.rows("SELECT rolname::text, oid FROM pg_roles WHERE rolname = ANY(%s)", roles)
        found = {name: oid for name, oid in rows}  # noqa: C416 - dict() would lose the types
        if not found.keys() >= set(roles):
            return None
        if not client.rows("SELECT 1 FROM pg_database WHERE datname = %s", state["database"]):
            return None
        schema = state.get("schema")
        exists = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if schema and not client.rows(exists, schema, database=state["database"]):
            return None
        kind = state["objectType"]
        parameters = (state["owner"], _TYPES[kind][1], schema, found.get(state["role"], 0))
        granted = client.rows(_READ, *parameters, database=state["database"])[0][0]
        same = same_privileges(kind, state["privileges"], granted)
        return {"privileges": state["privileges"] if same else sorted(granted)}

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        """Do as at creation: only the list of privileges can have changed."""
        self.create(client, new)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Revoke the defaults, unless what they are about is gone."""
        if self.read(client, identifier, state) is not None:
            self._apply(client, state, grant=False)

    def _apply(self, client: Server, wanted: Values, *, grant: bool) -> None:
        role = grantee(wanted["role"])
        keyword = sql.SQL(_TYPES[wanted["objectType"]][0])
        scope = sql.SQL("FOR ROLE {}").format(sql.Identifier(wanted["owner"]))
        if wanted["schema"]:
            scope += sql.SQL(" IN SCHEMA {}").format(sql.Identifier(wanted["schema"]))
        what = f"could not change default privileges of {wanted['role']}"
        owner = [wanted["owner"]]
        with client.writing(wanted["database"]) as connection, explained(what), membership(connection, owner):
            revoke = sql.SQL("ALTER DEFAULT PRIVILEGES {} REVOKE ALL ON {} FROM {}")
            connection.execute(revoke.format(scope, keyword, role))
            if grant and wanted["privileges"]:
                option = sql.SQL(" WITH GRANT OPTION" if wanted["withGrantOption"] else "")
                statement = sql.SQL("ALTER DEFAULT PRIVILEGES {} GRANT {} ON {} TO {}{}")
                privileges = privilege_list(wanted["privileges"])
                connection.execute(statement.format(scope, privileges, keyword, role, option))
