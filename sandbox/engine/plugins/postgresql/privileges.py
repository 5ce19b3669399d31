"""What Grant and DefaultPrivileges share: which privileges there are, and how lists of them compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

from sandbox.engine.plugins.protocol.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ALL: Final = "ALL"
# Besides ALL; https://www.postgresql.org/docs/15/ddl-priv.html
PRIVILEGES: Final[Mapping[str, tuple[str, ...]]] = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("CREATE", "USAGE"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "function": ("EXECUTE",),
    "routine": ("EXECUTE",),
    "type": ("USAGE",),
}


def check_privileges(object_type: str, wanted: Collection[str]) -> None:
    """Refuse a privilege that objects of this type do not have.

    Raises:
        ResourceError: it names the privilege.
    """
    for privilege in wanted:
        if privilege not in {ALL, *PRIVILEGES[object_type]}:
            raise ResourceError(f"{privilege} is not an allowed privilege for object type {object_type}")


def same_privileges(object_type: str, wanted: Collection[str], granted: Collection[str]) -> bool:
    """Compare sets; ALL equals all privileges of the type that the server has by name."""
    expected = PRIVILEGES[object_type] if ALL in wanted else wanted
    return set(granted) == set(expected)


def privilege_list(privileges: Collection[str]) -> sql.Composable:
    """Write privileges for GRANT; ``check_privileges`` has made sure that they are keywords."""
    return sql.SQL(", ").join(sql.SQL(privilege) for privilege in sorted(privileges))


def grantee(role: str) -> sql.Composable:
    """Quote a role; ``public`` means everybody."""
    return sql.SQL("PUBLIC") if role == "public" else sql.Identifier(role)
