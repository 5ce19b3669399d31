"""The canary, where one is wanted, and its way into the server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.canary import Canary, CanaryArgs, PublicRouteProbe, canary_peer

if TYPE_CHECKING:
    import pulumi

    from components.contracts import MetricsEndpoint
    from components.mlflow_server import AccessArgs, MlflowServer
    from stacks.settings import Settings

_CANARY = "canary"
_PAGE = "/health"
"""MLflow answers there without its database, which has a step of its own; Access answers there as everywhere."""
_ANSWERED = 200
_LED_TO_THE_LOGIN = 302
"""What Access does with an unknown browser (developers.cloudflare.com, "Authenticate coding agents"). 401 would be the
gateway's answer, with Access gone from in front of it, and 403 is Cloudflare's to whom it shuts out."""


def with_canary(settings: Settings, access: AccessArgs) -> AccessArgs:
    """Let the canary in beside the other clients inside the cluster."""
    if settings.canary is None:
        return access
    return replace(access, client_peers=(*access.client_peers, canary_peer(_CANARY)))


def public_route_probe(settings: Settings) -> PublicRouteProbe | None:
    """Say how the canary tries the public route; None when it does not."""
    if settings.canary is None or settings.canary.public_route is None:
        return None
    trial, access = settings.canary.public_route, settings.sign_on
    scheme = "https" if access or settings.route.encrypted else "http"
    # Behind Access the host leads to Cloudflare, like the team domain that the gateway fetches its keys from.
    begins = access.gateway.keys.peers if access else settings.access.public_peers.peers
    return PublicRouteProbe(
        url=f"{scheme}://{settings.route.host}{_PAGE}",
        statuses=[_LED_TO_THE_LOGIN if access else _ANSWERED],
        peers=trial.peers or begins,
        ca_certificate=trial.ca_certificate,
    )


def canary(settings: Settings, server: MlflowServer, cluster: pulumi.ResourceOptions) -> tuple[MetricsEndpoint, ...]:
    """Make the canary; return where its numbers are."""
    if settings.canary is None:
        return ()
    made = Canary(
        _CANARY,
        CanaryArgs(
            namespace=server.namespace,
            server=server.service,
            server_selector=server.selector,
            image=settings.image,
            image_pull_secret=settings.image_pull_secret,
            interval_seconds=settings.canary.interval_seconds,
            public_route=public_route_probe(settings),
            metrics_peers=settings.access.metrics_peers,
        ),
        cluster,
    )
    return (made.metrics,)
