"""The canary, where one is wanted, and its way into the server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from components.canary import Canary, CanaryArgs, canary_peer

if TYPE_CHECKING:
    import pulumi

    from components.contracts import MetricsEndpoint
    from components.mlflow_server import AccessArgs, MlflowServer
    from stacks.settings import Settings

_CANARY = "canary"


def with_canary(settings: Settings, access: AccessArgs) -> AccessArgs:
    """Let the canary in beside the other clients inside the cluster."""
    if settings.canary is None:
        return access
    return replace(access, client_peers=(*access.client_peers, canary_peer(_CANARY)))


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
            public_route=None,
            metrics_peers=settings.access.metrics_peers,
        ),
        cluster,
    )
    return (made.metrics,)
