"""The edges of the gateway; everything else is refused, whatever the namespace's default is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import networking

from components import network_edges
from components.access_gateway.configuration import KEYS_PORT, METRICS_PORT
from components.contracts import NetworkPeer

if TYPE_CHECKING:
    from components.access_gateway.args import GatewayScope


def gateway_policy(scope: GatewayScope) -> networking.v1.NetworkPolicy:
    """In: the ingress controller or the tunnel, and Prometheus at its port. Out: DNS, MLflow, the team domain.

    The kubelet's probes come from the node, which NetworkPolicies never block.
    """
    args = scope.args
    here = args.upstream.namespace == args.service.namespace
    mlflow = NetworkPeer(namespace=None if here else args.upstream.namespace, pod_labels=dict(args.upstream_selector))
    name = f"{scope.name}-edges"
    return networking.v1.NetworkPolicy(
        name,
        metadata=scope.metadata(f"{args.service.name}-edges"),
        spec=network_edges.confine(
            scope.labels.selector,
            ingress=[
                *network_edges.incoming(args.ingress_peers, args.service.port),
                *network_edges.incoming(args.metrics_peers, METRICS_PORT),
            ],
            egress=[
                *network_edges.names(),
                *network_edges.outgoing([mlflow], args.upstream.port),
                *network_edges.outgoing(args.keys.peers, KEYS_PORT),
            ],
        ),
        opts=scope.options(),
    )
