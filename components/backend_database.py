"""Component `BackendDatabase`: the PostgreSQL role and database that hold MLflow's runs and models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

from components.contracts import DatabaseConnection, NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCHEMA = "public"
_READER_CONNECTIONS = 3
"""One for the reader, one more for its successor during a rollout, and one for a person with psql."""
_READER_STATEMENT_MS = 30_000
"""Longer than any count of the exporter may take; it bounds whatever else somebody sends with the reader's password."""
_READER_IDLE_MS = 60_000
"""A transaction that is left open would keep PostgreSQL from cleaning up behind the server."""


@dataclass(frozen=True, kw_only=True)
class DatabaseReaderArgs:
    """A role that may read what the server's role has written, and write nothing."""

    user: str
    password: pulumi.Input[str]


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
    reader: DatabaseReaderArgs | None = None
    """None: nobody but the server's role reads the database."""


class BackendDatabase(pulumi.ComponentResource):
    """A role that may log in and owns exactly one database, and maybe another one that may read it.

    The tables are not made here: MLflow's schema migration makes them. Backups are not made here either.
    Deleting the database drops it with all its data and ends open sessions, hence `protect`.
    """

    connection: DatabaseConnection
    """How a server reaches the database; its parts are known only once the grants exist."""
    reader: DatabaseConnection | None
    """How the reader reaches it; None where there is none."""

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
            schema=_SCHEMA,
            object_type="schema",
            privileges=["CREATE", "USAGE"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        connection = DatabaseConnection(
            host=args.host,
            port=args.port,
            database=grant.database,
            user=grant.role,
            password=password,
            ssl_mode=args.ssl_mode,
            ca_certificate=args.ca_certificate,
            peers=args.peers,
        )
        self.connection, self.reader = connection, None
        if args.reader:
            self.connection, self.reader = self._let_read(f"{name}-reader", args.reader, connection)
        self.register_outputs({"database": database.name, "user": role.name})

    def _let_read(
        self, name: str, args: DatabaseReaderArgs, owner: DatabaseConnection
    ) -> tuple[DatabaseConnection, DatabaseConnection]:
        """Make the reader; return how the owner and the reader connect from then on.

        CONNECT needs no grant: everybody has it on a new database, and an administrator who is no superuser could not
        grant it, since the database belongs to the server's role. Reading only is no property of a role that the
        provider can set, so the reader's own sessions have to ask for it; the role has nothing that it could write to.
        """
        password = pulumi.Output.secret(args.password)
        role = postgresql.Role(
            f"{name}-role",
            name=args.user,
            password=password,
            login=True,
            superuser=False,
            create_database=False,
            create_role=False,
            replication=False,
            connection_limit=_READER_CONNECTIONS,
            statement_timeout=_READER_STATEMENT_MS,
            idle_in_transaction_session_timeout=_READER_IDLE_MS,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # One grant after the other: PostgreSQL fails two at a time on one object ("tuple concurrently updated").
        schema = postgresql.Grant(
            f"{name}-schema",
            database=owner.database,
            role=role.name,
            schema=_SCHEMA,
            object_type="schema",
            privileges=["USAGE"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        future = postgresql.DefaultPrivileges(
            f"{name}-future-tables",
            database=schema.database,
            role=schema.role,
            owner=owner.user,
            schema=_SCHEMA,
            object_type="table",
            privileges=["SELECT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        # After the one for future tables, so that none is made in between.
        present = postgresql.Grant(
            f"{name}-tables",
            database=future.database,
            role=future.role,
            schema=_SCHEMA,
            object_type="table",
            privileges=["SELECT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        # The owner waits too: a migration that has begun would make tables that neither grant knows of.
        return (
            replace(owner, database=future.database),
            replace(owner, database=present.database, user=present.role, password=password),
        )
