"""Reads the roles that others than the server log in by: made with the database, or there already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks import checks
from stacks.storage_settings import ProvisionedDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.contracts import DatabaseConnection
    from stacks.config_reader import ConfigReader

_LONGEST_NAME = 63
"""PostgreSQL cuts a longer one off."""


@dataclass(frozen=True, kw_only=True)
class RoleKeys:
    """Where a role is configured, and what it is for."""

    user: str
    password: str
    suffix: str
    """Of its usual name, after databaseUser and an underscore."""
    wanted_by: str
    """Key that says whether it is wanted."""
    confusion: str
    """What would happen if it was somebody else's role too."""


def usual_name(database: ProvisionedDatabase | DatabaseConnection, suffix: str) -> str:
    """Name a role after the server's."""
    return f"{_server(database)}_{suffix}"


def read_role(
    reader: ConfigReader,
    keys: RoleKeys,
    database: ProvisionedDatabase | DatabaseConnection,
    *,
    wanted: bool,
    taken: Mapping[str, str] | None = None,
) -> tuple[str, pulumi.Output[str]]:
    """Read name and password, also of a role that is not wanted.

    Args:
        reader: Collects what is wrong.
        keys: Where to read.
        database: Whose roles the administrator's and the server's are taken too.
        wanted: The password has to be there.
        taken: Keys by the names of further roles.
    """
    provisioned = isinstance(database, ProvisionedDatabase)
    others = {**(taken or {}), _server(database): "databaseUser"}
    if isinstance(database, ProvisionedDatabase):
        others = {database.admin.user: "databaseAdminUser", **others}
    user = reader.optional(keys.user, "PostgreSQL would refuse it", checks.identifier)
    if user and user in others:
        reader.report(
            keys.user,
            f"{user!r} is {others[user]} too",
            keys.confusion,
            f"give it a role of its own, or the usual one: pulumi config rm {keys.user}",
        )
    usual = usual_name(database, keys.suffix)
    if wanted and not user and reader.sound("databaseUser") and len(usual) > _LONGEST_NAME:
        reader.report(
            keys.user,
            f"is not set, and {usual!r} is longer than {_LONGEST_NAME} characters",
            "PostgreSQL would cut it off",
        )
    what = "its role could not be made" if provisioned else "it could not log in to the database"
    password = reader.secret(keys.password, f"{keys.wanted_by} is true, and {what}" if wanted else None)
    return user or usual, password


def _server(database: ProvisionedDatabase | DatabaseConnection) -> str:
    return database.args.user if isinstance(database, ProvisionedDatabase) else str(database.user)
