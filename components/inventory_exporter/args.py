"""Arguments of the component `InventoryExporter`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection, NetworkPeer


@dataclass(frozen=True, kw_only=True)
class RefreshArgs:
    """How often and how far the exporter looks; a scrape never makes it look."""

    database_seconds: int
    bucket_seconds: int
    bucket_pages: int
    """Most pages of 1000 objects that one look at the bucket lists."""
    backups_seconds: int = 60
    """A look at how the backups go gets ten small objects, which costs nothing."""


@dataclass(frozen=True, kw_only=True)
class InventoryExporterArgs:
    """Arguments of `InventoryExporter`."""

    namespace: pulumi.Input[str]
    """Flows into every object. Given the server's, the exporter comes after the server, and so after the tables."""
    deployment: str
    """Name of the Deployment and what belongs to it, and of the job in Prometheus."""
    image: str
    """The server's."""
    image_pull_secret: str | None
    database: DatabaseConnection
    """By a role that reads."""
    server_role: pulumi.Input[str]
    """The server's own role, whose connections are counted."""
    bucket: BucketAccess
    """By a key that lists."""
    refresh: RefreshArgs
    metrics_peers: Sequence[NetworkPeer]
    backups: BucketAccess | None = None
    """By a key that gets `status/*` and may do nothing else; None where there are no backups to tell of.

    A key that may list `status/` too sees on any server that a command has never run; see `program.backups`.
    """


ExporterScope: TypeAlias = Scope[InventoryExporterArgs]
