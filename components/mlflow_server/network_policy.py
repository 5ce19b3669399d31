"""The edges of the server and of the migration; everything else is refused, whatever the namespace's default is.

The kubelet's probes come from the node, which NetworkPolicies never block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges
from components.contracts import NetworkPeer

if TYPE_CHECKING:
    from components.mlflow_server.args import ServerScope


def server_policy(scope: ServerScope) -> networking.v1.NetworkPolicy:
    """In: clients and Prometheus. Out: DNS, the database, the bucket."""
    args, access = scope.args, scope.args.access
    return _policy(
        scope,
        "server-edges",
        network_edges.confine(
            scope.labels.selector,
            ingress=network_edges.incoming([*access.client_peers, *access.metrics_peers], args.service.port),
            egress=[
                *network_edges.names(),
                *network_edges.outgoing(args.database.peers, args.database.port),
                *network_edges.outgoing(args.bucket.peers, args.bucket.port),
            ],
        ),
    )


def public_policy(scope: ServerScope) -> networking.v1.NetworkPolicy:
    """In, beside what `server_policy` allows: who brings the requests from outside."""
    public = scope.args.access.public_peers
    ingress = network_edges.incoming(public.peers, scope.args.service.port)
    return _policy(scope, f"from-{public.name}", network_edges.confine(scope.labels.selector, ingress=ingress))


def migration_policy(scope: ServerScope) -> networking.v1.NetworkPolicy:
    """In: nobody. Out: DNS and the database."""
    database = scope.args.database
    egress = [*network_edges.names(), *network_edges.outgoing(database.peers, database.port)]
    return _policy(scope, "migration-edges", network_edges.confine(scope.labels.selector, ingress=[], egress=egress))


def client_policies(scope: ServerScope) -> list[networking.v1.NetworkPolicy]:
    """Out, for each kind of client of the server's own namespace: DNS and the server.

    Only where the namespace denies by default. Elsewhere a policy that selects them would confine them to this edge.
    """
    args = scope.args
    if not args.access.clients_confined:
        return []
    here = {None, args.service.namespace}
    own = [peer for peer in args.access.client_peers if not peer.cidr and peer.namespace in here]
    server = NetworkPeer(pod_labels=scope.labels.selector)
    return [
        _policy(
            scope,
            f"client-edges-{number}",
            network_edges.confine(
                peer.pod_labels,
                egress=[*network_edges.names(), *network_edges.outgoing([server], args.service.port)],
            ),
        )
        for number, peer in enumerate(own, start=1)
    ]


def _policy(scope: ServerScope, suffix: str, spec: networking.v1.NetworkPolicySpecArgs) -> networking.v1.NetworkPolicy:
    name = f"{scope.name}-{suffix}"
    return networking.v1.NetworkPolicy(name, metadata=scope.metadata(name), spec=spec, opts=scope.options())
