"""Who reads the database and writes nothing: a role, and its privileges on what is there and on what is to come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

from components.backend_database.roles import role_without_powers

if TYPE_CHECKING:
    from components.backend_database.args import DatabaseReaderArgs
    from components.contracts import DatabaseConnection

SCHEMA = "public"
"""Where MLflow's tables are."""
_CONNECTIONS = 3
"""One for the reader, one more for its successor during a rollout, and one for a person with psql."""
_STATEMENT_MS = 30_000
"""Longer than any count of the exporter may take; it bounds whatever else somebody sends with the reader's password."""
_IDLE_MS = 60_000
"""A transaction that is left open would keep PostgreSQL from cleaning up behind the server."""


def let_read(
    name: str, args: DatabaseReaderArgs, server: DatabaseConnection, owner: pulumi.Input[str], parent: pulumi.Resource
) -> tuple[DatabaseConnection, DatabaseConnection]:
    """Make the reader; return how the server and the reader connect from then on.

    CONNECT needs no grant: everybody has it on a new database, and an administrator who is no superuser could not
    grant it, since the database belongs to its owner. Reading only is no property of a role that the provider can set,
    so the reader's own sessions have to ask for it; the role has nothing that it could write to.

    Args:
        name: Prefix of every Pulumi name.
        args: Who reads.
        server: How the server connects.
        owner: Role that owns the tables, those to come too.
        parent: The component.
    """
    password, opts = pulumi.Output.secret(args.password), pulumi.ResourceOptions(parent=parent)
    wanted = postgresql.RoleArgs(
        name=args.user,
        password=password,
        login=True,
        connection_limit=_CONNECTIONS,
        statement_timeout=_STATEMENT_MS,
        idle_in_transaction_session_timeout=_IDLE_MS,
    )
    role = role_without_powers(f"{name}-role", wanted, opts)
    # One grant after the other: PostgreSQL fails two at a time on one object ("tuple concurrently updated").
    schema = postgresql.Grant(
        f"{name}-schema",
        database=server.database,
        role=role.name,
        schema=SCHEMA,
        object_type="schema",
        privileges=["USAGE"],
        opts=opts,
    )
    future = postgresql.DefaultPrivileges(
        f"{name}-future-tables",
        database=schema.database,
        role=schema.role,
        owner=owner,
        schema=SCHEMA,
        object_type="table",
        privileges=["SELECT"],
        opts=opts,
    )
    # After the one for future tables, so that none is made in between.
    present = postgresql.Grant(
        f"{name}-tables",
        database=future.database,
        role=future.role,
        schema=SCHEMA,
        object_type="table",
        privileges=["SELECT"],
        opts=opts,
    )
    # The server waits too: a migration that has begun would make tables that neither grant knows of.
    return (
        replace(server, database=future.database),
        replace(server, database=present.database, user=present.role, user_changes=False, password=password),
    )
