"""Who reads the database and writes nothing: a role, and its privileges on what is there and on what is to come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi
import pulumi_postgresql as postgresql

from components.backend_database.roles import role_without_powers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.backend_database.args import DatabaseReaderArgs
    from components.contracts import DatabaseConnection

SCHEMA = "public"
"""Where MLflow's tables are."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a role reads, and how much of the server it may take for that."""

    kinds: Sequence[str]
    """Of objects that it may select from."""
    connections: int
    """Most at one time."""
    statement_ms: int | None = None
    """Longest statement; None: any length."""
    idle_ms: int | None = None
    """Longest pause within a transaction, which keeps PostgreSQL from cleaning up behind the server; None: any."""


COUNTING = Reading(
    kinds=("table",),
    # One for the reader, one more for its successor during a rollout, and one for a person with psql.
    connections=3,
    # Longer than any count of the exporter may take; it bounds whatever else somebody sends with the reader's password.
    statement_ms=30_000,
    idle_ms=60_000,
)
COPYING = Reading(
    # A dump asks each sequence for its value too.
    kinds=("table", "sequence"),
    # The session that holds the snapshot and pg_dump's, for a backup on schedule, one before a migration that finds the
    # lock taken, and a person.
    connections=6,
)


def let_read(
    name: str,
    args: DatabaseReaderArgs,
    reading: Reading,
    *,
    server: DatabaseConnection,
    owner: pulumi.Input[str],
    parent: pulumi.Resource,
) -> tuple[DatabaseConnection, DatabaseConnection]:
    """Make the reader; return how the server and the reader connect from then on.

    CONNECT needs no grant: everybody has it on a new database, and an administrator who is no superuser could not
    grant it, since the database belongs to its owner. Reading only is no property of a role that the provider can set,
    so the reader's own sessions have to ask for it; the role has nothing that it could write to.

    Args:
        name: Prefix of every Pulumi name.
        args: Who reads.
        reading: What, and within which bounds.
        server: How the server connects; its database is known after whatever has to come first.
        owner: Role that owns the tables, those to come too.
        parent: The component.
    """
    password, opts = pulumi.Output.secret(args.password), pulumi.ResourceOptions(parent=parent)
    wanted = postgresql.RoleArgs(
        name=args.user,
        password=password,
        login=True,
        connection_limit=reading.connections,
        statement_timeout=reading.statement_ms,
        idle_in_transaction_session_timeout=reading.idle_ms,
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
    last: postgresql.Grant | postgresql.DefaultPrivileges = schema
    for kind in reading.kinds:
        last = postgresql.DefaultPrivileges(
            f"{name}-future-{kind}s",
            database=last.database,
            role=last.role,
            owner=owner,
            schema=SCHEMA,
            object_type=kind,
            privileges=["SELECT"],
            opts=opts,
        )
    # The server waits so far: a migration that has begun would make tables that no grant knows of.
    prepared = last.database
    # After those for future ones, so that none is made in between.
    for kind in reading.kinds:
        last = postgresql.Grant(
            f"{name}-{kind}s",
            database=last.database,
            role=last.role,
            schema=SCHEMA,
            object_type=kind,
            privileges=["SELECT"],
            opts=opts,
        )
    return (
        replace(server, database=prepared),
        replace(server, database=last.database, user=last.role, user_changes=False, password=password),
    )
