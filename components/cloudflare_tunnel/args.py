"""Arguments of the component `CloudflareTunnel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.contracts import NetworkPeer
from components.labels import Labels
from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.contracts import AccessAssertion, ServiceAddress

COMPONENT = "tunnel-connector"


def tunnel_peer(name: str) -> NetworkPeer:
    """Name the pods of the tunnel that is called `name`, for the NetworkPolicies of what it leads to."""
    return NetworkPeer(pod_labels=Labels(instance=name, component=COMPONENT).selector)


@dataclass(frozen=True, kw_only=True)
class CloudflareTunnelArgs:
    """Arguments of `CloudflareTunnel`."""

    account_id: str
    zone_id: str
    host: str
    """Public host name; requests for others get 404."""
    assertion: AccessAssertion
    """What every request has to carry."""
    service: ServiceAddress
    """Where the requests go."""
    service_selector: Mapping[str, str]
    """Labels of the pods behind it."""
    namespace: pulumi.Input[str]
    deployment: str
    """Name of the Deployment and what belongs to it."""
    image: str
    image_pull_secret: str | None
    metrics_peers: Sequence[NetworkPeer]


TunnelScope: TypeAlias = Scope[CloudflareTunnelArgs]
