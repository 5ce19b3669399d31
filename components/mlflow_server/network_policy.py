"""The edges of the server and of the migration; everything else is refused, whatever the namespace's default is.

The kubelet's probes come from the node, which NetworkPolicies never block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import meta, networking

from components.contracts import NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.mlflow_server.args import MlflowServerArgs
    from components.mlflow_server.scope import Scope

_DNS = NetworkPeer(namespace="kube-system", pod_labels={"k8s-app": "kube-dns"})
_DNS_PORT = 53
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


def server_policy(scope: Scope) -> networking.v1.NetworkPolicy:
    """In: the ingress controller, clients, Prometheus. Out: DNS, the database, the bucket."""
    args = scope.args
    incoming = networking.v1.NetworkPolicyIngressRuleArgs(
        from_=[_peer(peer) for peer in args.access.peers], ports=_ports(args.service.port)
    )
    return _policy(
        scope,
        "server-edges",
        # No peer at all must give no rule: a rule with an empty `from` lets everybody in.
        ingress=[incoming] if args.access.peers else [],
        egress=[_dns(), _to_database(args), _outgoing(args.bucket.peers, args.bucket.port)],
    )


def migration_policy(scope: Scope) -> networking.v1.NetworkPolicy:
    """In: nobody. Out: DNS and the database."""
    return _policy(scope, "migration-edges", ingress=[], egress=[_dns(), _to_database(scope.args)])


def client_policies(scope: Scope) -> list[networking.v1.NetworkPolicy]:
    """Out, for each kind of client of the server's own namespace: DNS and the server.

    Only where the namespace denies by default. Elsewhere a policy that selects them would confine them to this edge.
    """
    args = scope.args
    if not args.access.clients_confined:
        return []
    here = {None, args.service.namespace}
    own = [peer for peer in args.access.client_peers if not peer.cidr and peer.namespace in here]
    to_server = networking.v1.NetworkPolicyEgressRuleArgs(
        to=[networking.v1.NetworkPolicyPeerArgs(pod_selector=scope.selector())], ports=_ports(args.service.port)
    )
    return [
        networking.v1.NetworkPolicy(
            name := f"{scope.name}-client-edges-{number}",
            metadata=scope.metadata(name),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(peer.pod_labels)),
                policy_types=["Egress"],
                egress=[_dns(), to_server],
            ),
            opts=scope.options(),
        )
        for number, peer in enumerate(own, start=1)
    ]


def _policy(
    scope: Scope,
    suffix: str,
    *,
    ingress: Sequence[networking.v1.NetworkPolicyIngressRuleArgs],
    egress: Sequence[networking.v1.NetworkPolicyEgressRuleArgs],
) -> networking.v1.NetworkPolicy:
    name = f"{scope.name}-{suffix}"
    return networking.v1.NetworkPolicy(
        name,
        metadata=scope.metadata(name),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=scope.selector(),
            policy_types=["Ingress", "Egress"],
            ingress=ingress or None,
            egress=egress,
        ),
        opts=scope.options(),
    )


def _dns() -> networking.v1.NetworkPolicyEgressRuleArgs:
    return networking.v1.NetworkPolicyEgressRuleArgs(to=[_peer(_DNS)], ports=_ports(_DNS_PORT, "UDP", "TCP"))


def _to_database(args: MlflowServerArgs) -> networking.v1.NetworkPolicyEgressRuleArgs:
    return _outgoing(args.database.peers, args.database.port)


def _outgoing(peers: Sequence[NetworkPeer], port: int) -> networking.v1.NetworkPolicyEgressRuleArgs:
    return networking.v1.NetworkPolicyEgressRuleArgs(to=[_peer(peer) for peer in peers], ports=_ports(port))


def _ports(port: int, *protocols: str) -> list[networking.v1.NetworkPolicyPortArgs]:
    return [networking.v1.NetworkPolicyPortArgs(port=port, protocol=protocol) for protocol in protocols or ("TCP",)]


def _peer(peer: NetworkPeer) -> networking.v1.NetworkPolicyPeerArgs:
    if peer.cidr:
        return networking.v1.NetworkPolicyPeerArgs(ip_block=networking.v1.IPBlockArgs(cidr=peer.cidr))
    namespace = meta.v1.LabelSelectorArgs(match_labels={_NAMESPACE_LABEL: peer.namespace}) if peer.namespace else None
    # Every pod of a namespace is the namespace selector alone; a policy needs one selector at least.
    pods = meta.v1.LabelSelectorArgs(match_labels=dict(peer.pod_labels)) if peer.pod_labels else None
    return networking.v1.NetworkPolicyPeerArgs(namespace_selector=namespace, pod_selector=pods)
