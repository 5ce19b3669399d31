"""Arguments of the component `BackendDatabase`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import NetworkPeer


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
