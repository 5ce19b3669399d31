"""The edges of whatever has to do with backups; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges

if TYPE_CHECKING:
    from components.backup.args import BackupScope


def backup_policy(scope: BackupScope, name: str) -> networking.v1.NetworkPolicy:
    """In: nobody. Out: DNS, the database, the artifacts, the backups."""
    args = scope.args
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(name),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=[],
            egress=[
                *network_edges.names(),
                *network_edges.outgoing(args.database.peers, args.database.port),
                *network_edges.outgoing(args.artifacts.peers, args.artifacts.port),
                *network_edges.outgoing(args.writer.peers, args.writer.port),
            ],
        ),
        opts=scope.options(),
    )
