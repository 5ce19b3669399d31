"""The edges of the canary; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges
from components.canary.workload import METRICS_PORT, NAME
from components.contracts import NetworkPeer

if TYPE_CHECKING:
    from components.canary.args import CanaryScope, PublicRouteProbe


def canary_policy(scope: CanaryScope) -> networking.v1.NetworkPolicy:
    """In: Prometheus. Out: DNS, MLflow, and where the public route begins.

    MLflow has to be in the canary's namespace, as with every client that its NetworkPolicy names by labels alone.
    """
    args, route = scope.args, scope.args.public_route
    mlflow = NetworkPeer(pod_labels=dict(args.server_selector))
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(f"{NAME}-edges"),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=network_edges.incoming(args.metrics_peers, METRICS_PORT),
            egress=[
                *network_edges.names(),
                *network_edges.outgoing([mlflow], args.server.port),
                *(_route(route) if route else []),
            ],
        ),
        opts=scope.options(),
    )


def _route(route: PublicRouteProbe) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    addresses = [peer for peer in route.peers if peer.cidr]
    pods = [peer for peer in route.peers if not peer.cidr]
    # What goes to a Service arrives at a port of its pods, by which most network plugins judge. Which one that is, only
    # the ingress controller's owner knows: ingress-nginx listens at 443, Traefik at 8443.
    return [*network_edges.outgoing(addresses, route.port), *network_edges.outgoing(pods, None)]
