"""The roles of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

if TYPE_CHECKING:
    from components.backend_database.args import BackendDatabaseArgs


def role_without_powers(name: str, args: postgresql.RoleArgs, opts: pulumi.ResourceOptions) -> postgresql.Role:
    """Make a role that may manage nothing of the server."""
    args.superuser = args.create_database = args.create_role = args.replication = False
    return postgresql.Role(name, args, opts)


def owner(name: str, args: BackendDatabaseArgs, opts: pulumi.ResourceOptions) -> postgresql.Role:
    """Make the role that owns the database and its tables."""
    wanted = postgresql.RoleArgs(
        name=args.user,
        password=pulumi.Output.secret(args.password),
        login=True,
        connection_limit=args.connection_limit,
    )
    return role_without_powers(name, wanted, opts)
