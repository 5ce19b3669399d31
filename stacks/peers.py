"""Reads the peers of NetworkPolicies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.contracts import NetworkPeer
from stacks import checks

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_SYNTAX = "{cidr: 10.0.0.5/32} or {namespace: NAME, podLabels: {KEY: VALUE}}"


def read_peers(reader: ConfigReader, key: str, *, needed_because: str | None = None) -> tuple[NetworkPeer, ...]:
    """Read a list of peers.

    Args:
        reader: Collects what is wrong.
        key: The key.
        needed_because: What an empty list would break; None when an empty one makes sense.
    """
    items = reader.structure(key, list, "the NetworkPolicy could not be written")
    if not items and needed_because and reader.sound(key):
        reader.report(key, "is empty", needed_because, f"list peers of the form {_SYNTAX} below {key}")
    peers = []
    for number, item in enumerate(items, start=1):
        what = _wrong_with(item)
        if what:
            reader.report(
                key,
                f"item {number} {what}",
                "the NetworkPolicy would let through too much or nothing",
                f"write it as {_SYNTAX}",
            )
        else:
            peers.append(_peer(item))
    return tuple(peers)


def _wrong_with(item: Any) -> str | None:
    if not isinstance(item, dict):
        return "is not a mapping"
    unknown = set(item) - {"cidr", "namespace", "podLabels"}
    if unknown:
        return f"has the unknown field {min(unknown)!r}"
    if "cidr" in item:
        return "has a cidr and pods" if len(item) > 1 else _wrong_with_cidr(item["cidr"])
    return _wrong_with_pods(item.get("namespace"), item.get("podLabels", {}))


def _wrong_with_pods(namespace: object, labels: object) -> str | None:
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return "has podLabels that are not a mapping of texts"
    if namespace is None:
        return None if labels else "is empty, which would mean everybody"
    what = checks.dns_label(str(namespace))
    return f"has the namespace {namespace!r}, which {what}" if what else None


def _wrong_with_cidr(cidr: object) -> str | None:
    what = checks.network(str(cidr))
    return f"has the cidr {cidr!r}, which {what}" if what else None


def _peer(item: dict[str, Any]) -> NetworkPeer:
    return NetworkPeer(
        cidr=item.get("cidr"), namespace=item.get("namespace"), pod_labels=dict(item.get("podLabels", {}))
    )
