"""The picture of the platform: every program and every edge that the network policies let through, and no other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from policies.resource import Resource

_COMPONENT = "app.kubernetes.io/component"
_NAMESPACE = "kubernetes.io/metadata.name"
_PROGRAMS = ("Deployment", "StatefulSet", "Job", "CronJob")
_DNS_PORT = 53
_CLOUDFLARE = "Cloudflare Access"
_INGRESS = "ingress controller"
_PEOPLE = "people, programs"
_STORES = ("PostgreSQL", "object store")
_OUTSIDE = {
    "app=postgres-shared in data-platform": "PostgreSQL",
    "app=minio in data-platform": "object store",
    "app.kubernetes.io/name=ingress-nginx in ingress-nginx": _INGRESS,
    "mlflow-platform.io/client=true": "clients in the cluster",
    "monitoring": "Prometheus",
    "0.0.0.0/0": "Cloudflare: signing keys, login page",
}
"""What is behind the peers that production names."""


@dataclass(frozen=True, order=True)
class Edge:
    """One connection, from who opens it to whom it leads to."""

    source: str
    target: str
    ports: tuple[int, ...] = ()


def edges(resources: Sequence[Resource], outside: Mapping[str, str]) -> list[Edge]:
    """What the network policies let through; between two programs of the platform, what both of them allow.

    Every pod may ask the cluster's DNS; that is left out.
    """
    inside = {_component(each.inputs) for each in resources if each.kind in _PROGRAMS}
    into: set[tuple[str, str, int]] = set()
    out: set[tuple[str, str, int]] = set()
    for policy in resources:
        if policy.kind == "NetworkPolicy":
            owner = policy.spec["podSelector"]["matchLabels"][_COMPONENT]
            into |= {(peer, owner, port) for peer, port in _rules(policy.spec.get("ingress", []), "from", outside)}
            out |= {(owner, peer, port) for peer, port in _rules(policy.spec.get("egress", []), "to", outside)}
    let_through = {each for each in into if each[0] not in inside or each in out}
    let_through |= {each for each in out if each[1] not in inside}
    ports: dict[tuple[str, str], list[int]] = {}
    for source, target, port in sorted(let_through):
        ports.setdefault((source, target), []).append(port)
    return [Edge(source, target, tuple(found)) for (source, target), found in ports.items()]


def picture(resources: Sequence[Resource], outside: Mapping[str, str]) -> str:
    """A flowchart in Mermaid.

    Args:
        resources: Of a stack behind Cloudflare Access.
        outside: What is behind peers of the network policies, beside what production names.
    """
    found = [*_way_in(resources), *edges(resources, {**_OUTSIDE, **outside})]
    programs = dict(sorted(_programs(resources).items()))
    others = sorted({end for edge in found for end in (edge.source, edge.target)} - set(programs))
    lines = ["flowchart LR", "    subgraph platform [the platform]"]
    lines += [f'        {_id(name)}["{text}"]' for name, text in programs.items()]
    lines += ["    end"]
    lines += [f"    {_id(name)}" + (f'[("{name}")]' if name in _STORES else f'["{name}"]') for name in others]
    lines += [
        f"    {_id(edge.source)} -->|{', '.join(map(str, edge.ports)) or 'HTTPS'}| {_id(edge.target)}" for edge in found
    ]
    return "\n".join([*lines, ""])


def _way_in(resources: Sequence[Resource]) -> Iterator[Edge]:
    """What no network policy tells: who comes to Cloudflare, and where that leads them."""
    # The DNS record leads to Cloudflare, which forwards to the ingress controller.
    types = {each.type.rpartition(":")[2] for each in resources}
    if {"ZeroTrustAccessApplication", "DnsRecord"} <= types:
        yield Edge(_PEOPLE, _CLOUDFLARE)
        yield Edge(_CLOUDFLARE, _INGRESS)


def _programs(resources: Sequence[Resource]) -> dict[str, str]:
    """By component, which kinds of objects run it."""
    kinds: dict[str, Counter[str]] = {}
    for each in resources:
        if each.kind in _PROGRAMS:
            kinds.setdefault(_component(each.inputs), Counter())[each.kind] += 1
    return {
        name: f"<b>{name}</b><br/>" + ", ".join(_counted(kind, counts[kind]) for kind in _PROGRAMS if counts[kind])
        for name, counts in kinds.items()
    }


def _counted(kind: str, count: int) -> str:
    return kind if count == 1 else f"{count} {kind}s"


def _component(inputs: Mapping[str, Any]) -> str:
    return str(inputs["metadata"]["labels"][_COMPONENT])


def _rules(rules: Iterable[Mapping[str, Any]], side: str, outside: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for rule in rules:
        for port in (each["port"] for each in rule["ports"] if each["port"] != _DNS_PORT):
            for peer in rule[side]:
                yield _peer(peer, outside), port


def _peer(peer: Mapping[str, Any], outside: Mapping[str, str]) -> str:
    """A component of the platform, or what is behind a peer; of an unknown one, what the policy says."""
    if "ipBlock" in peer:
        text = str(peer["ipBlock"]["cidr"])
        return outside.get(text, text)
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if _COMPONENT in labels:
        return str(labels[_COMPONENT])
    namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get(_NAMESPACE)
    pods = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    text = " in ".join(filter(None, [pods, namespace]))
    return outside.get(text, text)


def _id(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
