"""The edges of the receiver; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges

if TYPE_CHECKING:
    from components.point_in_time.args import PointInTimeScope


def receiver_policy(scope: PointInTimeScope) -> networking.v1.NetworkPolicy:
    """In: nobody. Out: DNS, the database server, the bucket of backups."""
    args = scope.args
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(f"{args.name}-edges"),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=[],
            egress=[
                *network_edges.names(),
                *network_edges.outgoing(args.server.peers, args.server.port),
                *network_edges.outgoing(args.bucket.peers, args.bucket.port),
            ],
        ),
        opts=scope.options(),
    )
