"""Component `BackendDatabase`: the PostgreSQL role and database that hold MLflow's runs and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

from components.contracts import DatabaseConnection, NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class BackendDatabaseArgs:
    """Arguments of `BackendDatabase`; the administrator's login is in the provider, not here."""

    host: str
    """The server as the pods reach it; the provider may use another address of the same server."""
    port: int
    database: str
    user: str
    password: pulumi.Input[str]
    connection_limit: int
    """Most connections of the role at one time, counted over all pods."""
    ssl_mode: str
    ca_certificate: str | None
    peers: Sequence[NetworkPeer]
    protect: bool
    """Refuse every plan that deletes or replaces the role or the database."""


class BackendDatabase(pulumi.ComponentResource):
    """A role that may log in and owns exactly one database.

    The tables are not made here: MLflow's schema migration makes them. Backups are not made here either.
    Deleting the database drops it with all its data and ends open sessions, hence `protect`.
    """

    connection: DatabaseConnection
    """How a server reaches the database; its parts are known only once the grant exists."""

    def __init__(self, name: str, args: BackendDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlflow:storage:BackendDatabase", name, None, opts)
        password = pulumi.Output.secret(args.password)
        stateful = pulumi.ResourceOptions(parent=self, protect=args.protect)
        role = postgresql.Role(
            f"{name}-role",
            name=args.user,
            password=password,
            login=True,
            superuser=False,
            create_database=False,
            create_role=False,
            replication=False,
            connection_limit=args.connection_limit,
            opts=stateful,
        )
        database = postgresql.Database(f"{name}-database", name=args.database, owner=role.name, opts=stateful)
        # Since PostgreSQL 15 nobody but the owner of the database may create in schema public. The role is that owner;
        # the grant says so explicitly and survives a change of owner by hand.
        grant = postgresql.Grant(
            f"{name}-schema",
            database=database.name,
            role=role.name,
            schema="public",
            object_type="schema",
            privileges=["CREATE", "USAGE"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.connection = DatabaseConnection(
            host=args.host,
            port=args.port,
            database=grant.database,
            user=grant.role,
            password=password,
            ssl_mode=args.ssl_mode,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.register_outputs({"database": database.name, "user": role.name})
