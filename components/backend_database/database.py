"""The component itself."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_postgresql as postgresql

from components.backend_database import roles
from components.backend_database.args import BackendDatabaseArgs, DatabaseDrillArgs, DatabaseLogin
from components.backend_database.reader import COPYING, COUNTING, SCHEMA, let_read
from components.contracts import DatabaseConnection


class BackendDatabase(pulumi.ComponentResource):
    """A role that owns exactly one database, and logs in or has another one do so; maybe others that read it, too.

    The tables are not made here: MLflow's schema migration makes them. Backups are not made here either, only the roles
    for them.
    Deleting the database drops it with all its data and ends open sessions, hence `protect`.
    """

    connection: DatabaseConnection
    """How a server reaches the database; its parts are known only once the grants exist."""
    reader: DatabaseConnection | None
    """How the reader reaches it; None where there is none."""
    backup: DatabaseConnection | None
    """How backups reach it; None where there are none."""
    drill: DatabaseConnection | None
    """How drills reach it, on the way to databases of their own; None where there are none."""

    def __init__(self, name: str, args: BackendDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:BackendDatabase", name, None, opts)
        owner = roles.owner(f"{name}-role", args, self)
        database = postgresql.Database(
            f"{name}-database",
            name=args.database,
            owner=owner.name,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        # Since PostgreSQL 15 nobody but the owner of the database may create in schema public. The role is that owner;
        # the grant says so explicitly and survives a change of owner by hand.
        grant = postgresql.Grant(
            f"{name}-schema",
            database=database.name,
            role=owner.name,
            schema=SCHEMA,
            object_type="schema",
            privileges=["CREATE", "USAGE"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        separate = args.login is not DatabaseLogin.OWNER
        connection = DatabaseConnection(
            host=args.host,
            port=args.port,
            database=grant.database,
            user=roles.login(f"{name}-login", args, owner.name, self).name if separate else grant.role,
            user_changes=separate,
            password=pulumi.Output.secret(args.password),
            ssl_mode=args.ssl_mode,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.connection, self.reader, self.backup = connection, None, None
        if args.reader:
            self.connection, self.reader = let_read(
                f"{name}-reader", args.reader, COUNTING, server=connection, owner=grant.role, parent=self
            )
        if args.backup:
            # Its grants are on the same objects, so they begin after the reader's last.
            after = replace(self.connection, database=(self.reader or self.connection).database)
            self.connection, self.backup = let_read(
                f"{name}-backup", args.backup, COPYING, server=after, owner=grant.role, parent=self
            )
        self.drill = _drill(f"{name}-drill", args.drill, connection, self) if args.drill else None
        self.register_outputs({"database": database.name, "user": connection.user})


def _drill(
    name: str, args: DatabaseDrillArgs, server: DatabaseConnection, parent: pulumi.Resource
) -> DatabaseConnection:
    role = roles.drill(f"{name}-role", args, parent)
    return replace(server, user=role.name, user_changes=False, password=pulumi.Output.secret(args.password))
