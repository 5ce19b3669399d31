"""Arguments of the component `Canary`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.contracts import NetworkPeer, ServiceAddress

_HTTPS_PORT = 443
_HTTP_PORT = 80


@dataclass(frozen=True, kw_only=True)
class PublicRouteProbe:
    """How the way of people outside is tried."""

    url: str
    """A page that answers without a login, be it by asking for one."""
    statuses: Sequence[int]
    """What it answers to a browser when it works: 200, or 302 to the login where Access is in front."""
    peers: Sequence[NetworkPeer]
    """Where the route begins, for the NetworkPolicy: the ingress controller's pods, or addresses."""
    ca_certificate: str | None
    """PEM of the authorities that signed the route's certificate; None means the public ones."""

    @property
    def tls(self) -> bool:
        """Whether the canary gets to see a certificate."""
        return urlsplit(self.url).scheme == "https"

    @property
    def port(self) -> int:
        """TCP port of the route."""
        return urlsplit(self.url).port or (_HTTPS_PORT if self.tls else _HTTP_PORT)


@dataclass(frozen=True, kw_only=True)
class CanaryArgs:
    """Arguments of `Canary`."""

    namespace: pulumi.Input[str]
    """Flows into every object, so that they wait for the namespace."""
    server: ServiceAddress
    """MLflow's Service."""
    server_selector: Mapping[str, str]
    """Labels of MLflow's pods, for the NetworkPolicy."""
    image: str
    """The server's own: Python with requests and prometheus_client."""
    image_pull_secret: str | None
    interval_seconds: int
    """From the start of a round to the start of the next."""
    public_route: PublicRouteProbe | None
    """None: the public route is not tried."""
    metrics_peers: Sequence[NetworkPeer]


CanaryScope: TypeAlias = Scope[CanaryArgs]
