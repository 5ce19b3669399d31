"""The edges of a collection; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges

if TYPE_CHECKING:
    from components.garbage_collection.args import CollectionScope


def collection_policy(scope: CollectionScope) -> networking.v1.NetworkPolicy:
    """In: nobody. Out: DNS, the database, the bucket."""
    args = scope.args
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(f"{args.cron_job}-edges"),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=[],
            egress=[
                *network_edges.names(),
                *network_edges.outgoing(args.database.peers, args.database.port),
                *network_edges.outgoing(args.bucket.peers, args.bucket.port),
            ],
        ),
        opts=scope.options(),
    )
