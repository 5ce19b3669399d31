"""Arguments of the component `AccessGateway`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.contracts import AccessAssertion, NetworkPeer, ServiceAddress


@dataclass(frozen=True, kw_only=True)
class KeySourceArgs:
    """How the gateway gets the team's signing keys."""

    ca_certificate: str | None
    """PEM of the authorities that signed the team domain's certificate; None means the public ones of the image."""
    peers: Sequence[NetworkPeer]
    """Where the team domain is, on TCP port 443."""
    max_age_hours: int
    """So long known keys stay good when the team domain cannot be reached; then every request is refused."""


@dataclass(frozen=True, kw_only=True)
class GatewayLimits:
    """What a gateway lets through of what it has verified."""

    requests_per_second: int
    """Of one gateway pod."""
    max_body_mib: int
    """Of one request."""


@dataclass(frozen=True, kw_only=True)
class AccessGatewayArgs:
    """Arguments of `AccessGateway`."""

    namespace: pulumi.Input[str]
    """Flows into every object, so that they wait for the namespace."""
    service: ServiceAddress
    """Of the gateway itself."""
    upstream: ServiceAddress
    """MLflow's Service."""
    upstream_selector: Mapping[str, str]
    """Labels of MLflow's pods, for the NetworkPolicy."""
    host: str
    """The one public host; requests for others are refused."""
    assertion: AccessAssertion
    keys: KeySourceArgs
    limits: GatewayLimits
    image: str
    image_pull_secret: str | None
    replicas: int
    ingress_peers: Sequence[NetworkPeer]
    """Who may open a connection: the ingress controller, or the tunnel."""
    metrics_peers: Sequence[NetworkPeer]


GatewayScope: TypeAlias = Scope[AccessGatewayArgs]
