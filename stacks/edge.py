"""How requests from outside reach the server: by an Ingress that leads to it, or through Cloudflare Access."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from components.access_gateway import gateway_peer
from components.mlflow_server import PublicPeers
from components.public_route import PublicRoute, PublicRouteArgs
from stacks.access_settings import AccessDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.contracts import MetricsEndpoint, ServiceAddress
    from components.mlflow_server import AccessArgs, MlflowServer
    from stacks.settings import Settings

_GATEWAY = "gateway"
"""Pulumi's name of the gateway, which its pods' labels carry."""


def server_access(settings: Settings) -> AccessArgs:
    """Say who may talk to the server: behind Access, the gateway takes the place of the ingress controller."""
    if settings.sign_on is None:
        return settings.access
    return replace(settings.access, public_peers=PublicPeers(name="gateway", peers=(gateway_peer(_GATEWAY),)))


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What came of making the way in."""

    outputs: Mapping[str, pulumi.Input[Any]]
    """For the stack."""
    metrics: tuple[MetricsEndpoint, ...] = ()
    """Of the pods that requests pass."""


def edge(settings: Settings, server: MlflowServer, cluster: pulumi.ResourceOptions) -> Edge:
    """Make the way in."""
    if settings.sign_on is None:
        return Edge(outputs={"url": _route(settings, server, server.service, server.namespace, cluster).url})
    # It imports the Cloudflare SDK, which takes seconds that a stack without Access need not wait for.
    from stacks import sign_on  # noqa: PLC0415

    guard = sign_on.guard(_GATEWAY, settings, settings.sign_on, server, cluster)
    outputs = {
        "audience": guard.application.assertion.audience,
        "accessServiceTokens": guard.application.service_tokens,
    }
    metrics = (guard.gateway.metrics,)
    if settings.sign_on.delivery is AccessDelivery.TUNNEL:
        tunnel = sign_on.tunnel(settings, settings.sign_on, guard, cluster)
        return Edge(outputs={"url": tunnel.url, **outputs}, metrics=(*metrics, tunnel.metrics))
    route = _route(settings, server, guard.gateway.service, guard.gateway.namespace, cluster)
    return Edge(outputs={"url": route.url, **outputs}, metrics=metrics)


def _route(
    settings: Settings,
    server: MlflowServer,
    service: ServiceAddress,
    namespace: pulumi.Input[str],
    cluster: pulumi.ResourceOptions,
) -> PublicRoute:
    return PublicRoute(
        "public",
        PublicRouteArgs(
            name=server.service.name,
            service=service,
            namespace=namespace,
            host=settings.route.host,
            ingress_class=settings.route.ingress_class,
            annotations=settings.route.annotations,
            tls_secret=settings.route.tls_secret,
            certificate=settings.route.certificate,
        ),
        cluster,
    )
