"""Who may talk to whom: every pod has a policy of its own, and no policy is open to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.resource import Resource, mapping, sequence
from policies.rule import Rule, Violation
from policies.workloads import Pod, pods, selects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DIRECTIONS = ("Ingress", "Egress")
_EVERY_ADDRESS = ("0.0.0.0/0", "::/0")


def _policies(resources: Sequence[Resource]) -> list[Resource]:
    return [resource for resource in resources if resource.kind == "NetworkPolicy"]


def _directions(policy: Resource) -> list[str]:
    """Directions that a policy confines; the defaults are those of the API server."""
    stated = policy.spec.get("policyTypes")
    return list(sequence(stated)) or ["Ingress", *(["Egress"] if policy.spec.get("egress") else [])]


def _confined(resources: Sequence[Resource]) -> Iterator[Violation]:
    policies = _policies(resources)
    for pod in pods(resources):
        own = [policy for policy in policies if _is_for(policy, pod)]
        held = {direction for policy in own for direction in _directions(policy)}
        missing = [direction for direction in _DIRECTIONS if direction not in held]
        if missing:
            yield Violation(pod.resource, f"no NetworkPolicy is for its pods' {' and '.join(missing).lower()}")


def _is_for(policy: Resource, pod: Pod) -> bool:
    """Tell whether a policy is for a pod by its labels: the default of a namespace, for all pods, is for none."""
    selector = mapping(policy.spec.get("podSelector"))
    chosen = any(selector.get(key) for key in ("matchLabels", "matchExpressions"))
    return chosen and policy.metadata.get("namespace") == pod.namespace and selects(selector, pod.labels)


def _incoming(resources: Sequence[Resource]) -> Iterator[Violation]:
    yield from _open(resources, "ingress", "from", "lets everybody in")


def _outgoing(resources: Sequence[Resource]) -> Iterator[Violation]:
    yield from _open(resources, "egress", "to", "lets pods out to every address")


def _open(resources: Sequence[Resource], direction: str, peers: str, what: str) -> Iterator[Violation]:
    for policy in _policies(resources):
        for number, rule in enumerate(map(mapping, sequence(policy.spec.get(direction)))):
            if _is_open(sequence(rule.get(peers))):
                yield Violation(policy, f"{direction}[{number}] {what}, at {_ports(rule)}")


def _is_open(peers: Sequence[Any]) -> bool:
    """No peer at all means everybody, and so does a selector of every namespace, or every address."""
    return not peers or any(_is_everybody(mapping(peer)) for peer in peers)


def _is_everybody(peer: Mapping[str, Any]) -> bool:
    if mapping(peer.get("ipBlock")).get("cidr") in _EVERY_ADDRESS:
        return True
    everywhere = "namespaceSelector" in peer and not any(mapping(peer["namespaceSelector"]).values())
    return everywhere and not any(mapping(peer.get("podSelector")).values())


def _ports(rule: Mapping[str, Any]) -> str:
    ports = [mapping(port) for port in sequence(rule.get("ports"))]
    return (
        ", ".join(f"{port.get('protocol', 'TCP')} {port.get('port', '(every port)')}" for port in ports) or "every port"
    )


RULES = (
    Rule(
        name="pods-confined",
        description="Every pod has NetworkPolicies for its own labels that confine what comes in and what goes out, "
        "whatever the default of its namespace is.",
        remediation="add a NetworkPolicy that selects the pod's labels in its namespace, with the policyTypes Ingress "
        "and Egress (components.network_edges.confine)",
        check=_confined,
    ),
    Rule(
        name="ingress-named",
        description="No NetworkPolicy lets everybody in.",
        remediation="name who may come in: a namespace and the labels of its pods, or a narrower CIDR",
        check=_incoming,
    ),
    Rule(
        name="egress-named",
        description="No NetworkPolicy lets pods out to every address.",
        remediation="name where they may go: a namespace and the labels of its pods, or a narrower CIDR; where the "
        "address of the other side cannot be known, an exception with the reason",
        check=_outgoing,
    ),
)
