"""The roles of the server: the owner of the tables, and who logs in. And the one of drills, which has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

from components.backend_database.args import DatabaseLogin

if TYPE_CHECKING:
    from components.backend_database.args import BackendDatabaseArgs, DatabaseDrillArgs

_DRILL_CONNECTIONS = 30
"""The restore's few, and an MLflow of one worker with pools of SQLAlchemy's usual size."""


def role_without_powers(name: str, args: postgresql.RoleArgs, opts: pulumi.ResourceOptions) -> postgresql.Role:
    """Make a role that may manage nothing of the server."""
    args.create_database = False
    return _role(name, args, opts)


def owner(name: str, args: BackendDatabaseArgs, parent: pulumi.Resource) -> postgresql.Role:
    """Make the role that owns the database and its tables."""
    locked_out = args.login is DatabaseLogin.SEPARATE
    wanted = postgresql.RoleArgs(
        name=args.user,
        password=None if locked_out else pulumi.Output.secret(args.password),
        login=not locked_out,
        connection_limit=args.connection_limit,
    )
    # Old pods know the password that it has, whatever the new one is.
    kept = ["password"] if args.login is DatabaseLogin.BOTH else None
    opts = pulumi.ResourceOptions(parent=parent, protect=args.protect, ignore_changes=kept)
    return role_without_powers(name, wanted, opts)


def login(name: str, args: BackendDatabaseArgs, owner: pulumi.Output[str], parent: pulumi.Resource) -> postgresql.Role:
    """Make a role that logs in and acts as the owner from then on: what it makes is the owner's, so it can be dropped.

    It has no fixed name: with a new password comes a new role beside the old one, which Pulumi deletes when everything
    else is done. So old and new pods can both log in while the one kind takes over from the other.
    """
    wanted = postgresql.RoleArgs(
        password=pulumi.Output.secret(args.password),
        login=True,
        connection_limit=args.connection_limit,
        roles=[owner],
        assume_role=owner,
    )
    return role_without_powers(name, wanted, pulumi.ResourceOptions(parent=parent, replace_on_changes=["password"]))


def drill(name: str, args: DatabaseDrillArgs, parent: pulumi.Resource) -> postgresql.Role:
    """Make a role that may make databases, and owns and reads none but those."""
    wanted = postgresql.RoleArgs(
        name=args.user,
        password=pulumi.Output.secret(args.password),
        login=True,
        connection_limit=_DRILL_CONNECTIONS,
        create_database=True,
    )
    return _role(name, wanted, pulumi.ResourceOptions(parent=parent))


def _role(name: str, args: postgresql.RoleArgs, opts: pulumi.ResourceOptions) -> postgresql.Role:
    args.superuser = args.create_role = args.replication = False
    return postgresql.Role(name, args, opts)
