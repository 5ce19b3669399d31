"""The edges of the exporter; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges
from components.inventory_exporter.configuration import METRICS_PORT

if TYPE_CHECKING:
    from components.inventory_exporter.args import ExporterScope


def exporter_policy(scope: ExporterScope) -> networking.v1.NetworkPolicy:
    """In: Prometheus. Out: DNS, the database, the bucket, and that of the backups where there is one.

    The kubelet's probes come from the node, which NetworkPolicies never block.
    """
    args = scope.args
    backups = network_edges.outgoing(args.backups.peers, args.backups.port) if args.backups else []
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(f"{args.deployment}-edges"),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=network_edges.incoming(args.metrics_peers, METRICS_PORT),
            egress=[
                *network_edges.names(),
                *network_edges.outgoing(args.database.peers, args.database.port),
                *network_edges.outgoing(args.bucket.peers, args.bucket.port),
                *backups,
            ],
        ),
        opts=scope.options(),
    )
