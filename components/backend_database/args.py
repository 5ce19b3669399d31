"""Arguments of the component `BackendDatabase`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import NetworkPeer


class DatabaseLogin(Enum):
    """Who logs in for the server: a deployed stack goes on to the next by an update of its own."""

    OWNER = "owner"
    """The owner of the tables. A new password changes it in place, and pods that know the old one are refused."""
    BOTH = "both"
    """A role of its own, and the owner still may, by the password that it had when it was the only one."""
    SEPARATE = "separate"
    """A role of its own, which a new password replaces after the pods have taken it over. The owner may not log in."""


@dataclass(frozen=True, kw_only=True)
class DatabaseReaderArgs:
    """A role that may read what the server's role has written, and write nothing."""

    user: str
    password: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class DatabaseDrillArgs:
    """A role that may make databases of its own, and has no right on the server's."""

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
    """Owner of the database and its tables."""
    login: DatabaseLogin = DatabaseLogin.OWNER
    password: pulumi.Input[str]
    """Of the role by which the server logs in."""
    connection_limit: int
    """Most connections of that role at one time, counted over all pods."""
    ssl_mode: str
    ca_certificate: str | None
    peers: Sequence[NetworkPeer]
    protect: bool
    """Refuse every plan that deletes or replaces the owner or the database."""
    reader: DatabaseReaderArgs | None = None
    """Who counts what is stored; None: nobody."""
    backup: DatabaseReaderArgs | None = None
    """Who dumps the database; None: nobody."""
    drill: DatabaseDrillArgs | None = None
    """Who restores dumps into databases of its own, to see that it works; None: nobody."""
