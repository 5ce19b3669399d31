"""``postgresql:index/role:Role``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

from psycopg import sql

from sandbox.engine.plugins.postgresql.connection import Server, explained, membership, names
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from sandbox.engine.plugins.protocol.values import Values

# Property, keyword (NO... switches it off), column of pg_roles.
_SWITCHES: Final = (
    ("superuser", "SUPERUSER", "rolsuper"),
    ("createDatabase", "CREATEDB", "rolcreatedb"),
    ("createRole", "CREATEROLE", "rolcreaterole"),
    ("inherit", "INHERIT", "rolinherit"),
    ("login", "LOGIN", "rolcanlogin"),
    ("replication", "REPLICATION", "rolreplication"),
    ("bypassRowLevelSecurity", "BYPASSRLS", "rolbypassrls"),
)
# Property, run-time setting of the role.
_TIMEOUTS: Final = (
    ("statementTimeout", "statement_timeout"),
    ("idleInTransactionSessionTimeout", "idle_in_transaction_session_timeout"),
)
_READ: Final = """
SELECT rolname, rolconnlimit, coalesce(rolvaliduntil::text, 'infinity'), coalesce(rolconfig, '{}'),
       ARRAY(SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = pg_roles.oid),
       rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin, rolreplication, rolbypassrls
FROM pg_roles WHERE rolname = %s
"""


def _at_least(least: int, name: str) -> Any:
    return lambda value: None if value >= least else f"expected {name} to be at least ({least}), got {value}"


class Role(Resource[Server]):
    """A role. It is renamed in place; passwords reach the server as verifiers only."""

    token = "postgresql:index/role:Role"  # noqa: S105 - a type token
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(required=True, autoname=True),
            "password": Property(secret=True, conflicts=("passwordWo",)),
            "passwordWo": Property(secret=True, write_only=True),
            "passwordWoVersion": Property(conflicts=("password",)),
            "encrypted": Property(),
            "encryptedPassword": Property(kind=Kind.BOOLEAN, default=True),
            "roles": Property(kind=Kind.SET),
            "searchPaths": Property(kind=Kind.LIST),
            "validUntil": Property(default="infinity"),
            "connectionLimit": Property(kind=Kind.INTEGER, default=-1, problem=_at_least(-1, "connection_limit")),
            **{key: Property(kind=Kind.BOOLEAN, default=key == "inherit") for key, _, _ in _SWITCHES},
            **{key: Property(kind=Kind.INTEGER, problem=_at_least(0, setting)) for key, setting in _TIMEOUTS},
            "skipDropRole": Property(kind=Kind.BOOLEAN, default=False),
            "skipReassignOwned": Property(kind=Kind.BOOLEAN, default=False),
            "assumeRole": Property(),
        }
    )

    def create(self, client: Server, new: Values) -> Created:
        """Create the role with all its settings in one transaction: half a role never exists."""
        name = new["name"]
        options: list[sql.Composable] = [
            sql.SQL(keyword if new[key] else "NO" + keyword) for key, keyword, _ in _SWITCHES
        ]
        with client.writing() as connection, explained(f"error creating role {name}"):
            _refuse_existing(connection, name)
            options += [sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(new["connectionLimit"]))]
            options += [sql.SQL("VALID UNTIL {}").format(sql.Literal(new["validUntil"] or "infinity"))]
            if new["passwordWo"] or new["password"]:
                options.append(_password_clause(connection, new))
            statement = sql.SQL("CREATE ROLE {} WITH {}")
            connection.execute(statement.format(sql.Identifier(name), sql.SQL(" ").join(options)))
            _set_members_and_settings(connection, {}, new)
        return Created(name, {})

    def read(self, client: Server, identifier: str, state: Values) -> Values | None:
        """Read the role by its stored name: a rename leaves the id at the old one."""
        found = client.rows(_READ, state.get("name") or identifier)
        if not found:
            return None
        name, limit, until, settings, roles, *switches = found[0]
        configured = dict(setting.split("=", 1) for setting in settings)
        values: Values = {key: switch for (key, _, _), switch in zip(_SWITCHES, switches, strict=True)}
        path = configured.get("search_path", "")
        return values | {
            "name": name,
            "connectionLimit": limit,
            "validUntil": until,
            "roles": _ordered_like(state.get("roles") or [], roles),
            "searchPaths": [part.strip('"') for part in path.split(", ")] if path else [],
            "encryptedPassword": True,
            "assumeRole": configured.get("role", ""),
            "password": _stored_password(client, name, state.get("password"), login=values["login"]),
            **{key: int(configured.get(setting, "0")) for key, setting in _TIMEOUTS},
        }

    def update(self, client: Server, identifier: str, old: Values, new: Values) -> Values:
        """Alter what differs, in one transaction."""
        name, former = sql.Identifier(new["name"]), old.get("name") or identifier
        with client.writing() as connection, explained(f"error updating role {former}"):
            if new["name"] != former:
                connection.execute(sql.SQL("ALTER ROLE {} RENAME TO {}").format(sql.Identifier(former), name))
            options: list[sql.Composable] = [
                sql.SQL(keyword if new[key] else "NO" + keyword)
                for key, keyword, _ in _SWITCHES
                if bool(new[key]) != bool(old.get(key))
            ]
            if new["connectionLimit"] != old.get("connectionLimit"):
                options.append(sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(new["connectionLimit"])))
            if new["validUntil"] and new["validUntil"] != old.get("validUntil"):
                options.append(sql.SQL("VALID UNTIL {}").format(sql.Literal(new["validUntil"])))
            # A rename voids an MD5 hash, which the name salts.
            if any(new[key] != old.get(key) for key in ("password", "passwordWoVersion", "name")):
                options.append(_password_clause(connection, new))
            if options:
                connection.execute(sql.SQL("ALTER ROLE {} WITH {}").format(name, sql.SQL(" ").join(options)))
            _set_members_and_settings(connection, old, new)
        return {}

    def delete(self, client: Server, identifier: str, state: Values) -> None:
        """Hand over or drop what the role owns in the provider's database, then drop it."""
        name = state.get("name") or identifier
        role = sql.Identifier(name)
        with client.writing() as connection, explained(f"could not delete role {name}"):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                return
            if not state.get("skipReassignOwned"):
                with membership(connection, [name]):
                    connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
                    connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            if not state.get("skipDropRole"):
                connection.execute(sql.SQL("DROP ROLE {}").format(role))


def _refuse_existing(connection: psycopg.Connection[Any], name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        raise ResourceError(
            f'error creating role {name}: role "{name}" already exists; adopt it with '
            f"`pulumi import {Role.token} RESOURCE_NAME {name}`, or drop it"
        )


def _password_clause(connection: psycopg.Connection[Any], new: Values) -> sql.Composable:
    """Write the PASSWORD option with the verifier that the server would have computed itself, never the password.

    The server logs statements that fail, and all of them where ``log_statement`` says so.
    """
    password = new["passwordWo"] or new["password"] or ""
    if not new["encryptedPassword"]:
        raise ResourceError("UNENCRYPTED PASSWORD is no longer supported: leave encryptedPassword at true")
    if password.upper() in {"", "NULL"}:
        return sql.SQL("PASSWORD NULL")
    if not password.startswith(("md5", "SCRAM-SHA-256$")):
        # Without an algorithm libpq asks the server for its password_encryption.
        user = new["name"].encode()
        password = connection.pgconn.encrypt_password(password.encode(), user, None).decode()
    return sql.SQL("ENCRYPTED PASSWORD {}").format(sql.Literal(password))


def _stored_password(client: Server, name: str, known: str | None, *, login: bool) -> str | None:
    """Say which password the role has, as far as can be told: a SCRAM verifier tells nothing, the state is trusted."""
    if not login or not client.superuser:
        return known
    if not client.rows("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper"):
        raise ResourceError(
            f"could not read role password from Postgres as connected user {client.username} is not a SUPERUSER. "
            "You can set `superuser = false` in the provider configuration so it will not try to read the password"
        )
    found = client.rows("SELECT coalesce(passwd, '') FROM pg_shadow WHERE usename = %s", name)
    verifier = str(found[0][0]) if found else ""
    if known and not known.startswith(("md5", "SCRAM-SHA-256")):
        digest = hashlib.md5(f"{known}{name}".encode(), usedforsecurity=False).hexdigest()
        if verifier.startswith("SCRAM-SHA-256") or verifier == f"md5{digest}":
            return known
    return verifier or (None if known is None else "")


def _set_members_and_settings(connection: psycopg.Connection[Any], old: Values, new: Values) -> None:
    role = sql.Identifier(new["name"])
    before, after = set(old.get("roles") or []), set(new["roles"] or [])
    if before != after:
        if before - after:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(names(sorted(before - after)), role))
        if after - before:
            connection.execute(sql.SQL("GRANT {} TO {}").format(names(sorted(after - before)), role))
    settings: list[tuple[str, sql.Composable | None]] = []
    if (old.get("searchPaths") or []) != (new["searchPaths"] or []):
        if any(", " in part for part in new["searchPaths"] or []):
            raise ResourceError(f"search_path cannot contain `, `: {new['searchPaths']}")
        settings.append(("search_path", names(new["searchPaths"]) if new["searchPaths"] else None))
    for key, setting in _TIMEOUTS:
        if (old.get(key) or 0) != (new[key] or 0):
            settings.append((setting, sql.Literal(new[key]) if new[key] else None))
    if (old.get("assumeRole") or "") != (new["assumeRole"] or ""):
        settings.append(("role", sql.Identifier(new["assumeRole"]) if new["assumeRole"] else None))
    for setting, value in settings:
        action = sql.SQL("RESET {}") if value is None else sql.SQL("SET {} TO {}")
        clause = action.format(sql.Identifier(setting), *([] if value is None else [value]))
        connection.execute(sql.SQL("ALTER ROLE {} {}").format(role, clause))


def _ordered_like(known: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Keep the stored order of a set, so that a refresh shows no change where there is none."""
    return list(known) if sorted(known) == sorted(actual) else sorted(actual)
