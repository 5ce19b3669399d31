"""The vocabulary of NetworkPolicies: an edge is a peer and a port, and what is not named is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pulumi_kubernetes import meta, networking

from components.contracts import NetworkPeer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.scope import Placed, Scope

_DNS = NetworkPeer(namespace="kube-system", pod_labels={"k8s-app": "kube-dns"})
_DNS_PORT = 53
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


class Reached(Protocol):
    """What pods connect to."""

    @property
    def peers(self) -> Sequence[NetworkPeer]:
        """Where it is."""

    @property
    def port(self) -> int:
        """Its TCP port."""


def outward_policy(scope: Scope[Placed], name: str, *reached: Reached) -> networking.v1.NetworkPolicy:
    """Confine pods that nobody calls. In: nobody. Out: DNS, and what they reach.

    Args:
        scope: Whose pods they are.
        name: Of the object.
        reached: What they connect to.
    """
    edges = [edge for each in reached for edge in outgoing(each.peers, each.port)]
    return networking.v1.NetworkPolicy(
        f"{scope.name}-edges",
        metadata=scope.metadata(name),
        spec=confine(scope.labels.selector, ingress=[], egress=[*names(), *edges]),
        opts=scope.options(),
    )


def incoming(peers: Sequence[NetworkPeer], port: int) -> list[networking.v1.NetworkPolicyIngressRuleArgs]:
    """Let the peers in at a TCP port.

    No peer at all gives no rule: a rule with an empty `from` would let everybody in.
    """
    if not peers:
        return []
    return [networking.v1.NetworkPolicyIngressRuleArgs(from_=[_peer(peer) for peer in peers], ports=_ports(port))]


def outgoing(peers: Sequence[NetworkPeer], port: int | None) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    """Let the policy's pods out to a TCP port of the peers, or to every one; no peer at all gives no rule."""
    if not peers:
        return []
    ports = _ports(port) if port else None
    return [networking.v1.NetworkPolicyEgressRuleArgs(to=[_peer(peer) for peer in peers], ports=ports)]


def names() -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    """Let the policy's pods ask the cluster's DNS."""
    return [networking.v1.NetworkPolicyEgressRuleArgs(to=[_peer(_DNS)], ports=_ports(_DNS_PORT, "UDP", "TCP"))]


def confine(
    pod_labels: Mapping[str, str],
    *,
    ingress: Sequence[networking.v1.NetworkPolicyIngressRuleArgs] | None = None,
    egress: Sequence[networking.v1.NetworkPolicyEgressRuleArgs] | None = None,
) -> networking.v1.NetworkPolicySpecArgs:
    """Confine the pods with these labels to the given edges and those of other policies for them.

    An empty list allows nothing in its direction; None says nothing about it.
    """
    directions = {"Ingress": ingress, "Egress": egress}
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(pod_labels)),
        policy_types=[direction for direction, rules in directions.items() if rules is not None],
        ingress=ingress or None,
        egress=egress or None,
    )


def _ports(port: int, *protocols: str) -> list[networking.v1.NetworkPolicyPortArgs]:
    return [networking.v1.NetworkPolicyPortArgs(port=port, protocol=protocol) for protocol in protocols or ("TCP",)]


def _peer(peer: NetworkPeer) -> networking.v1.NetworkPolicyPeerArgs:
    if peer.cidr:
        return networking.v1.NetworkPolicyPeerArgs(ip_block=networking.v1.IPBlockArgs(cidr=peer.cidr))
    namespace = meta.v1.LabelSelectorArgs(match_labels={_NAMESPACE_LABEL: peer.namespace}) if peer.namespace else None
    # Every pod of a namespace is the namespace selector alone; a policy needs one selector at least.
    pods = meta.v1.LabelSelectorArgs(match_labels=dict(peer.pod_labels)) if peer.pod_labels else None
    return networking.v1.NetworkPolicyPeerArgs(namespace_selector=namespace, pod_selector=pods)
