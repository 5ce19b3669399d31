"""How requests from outside reach the server: by an Ingress that leads to it, or through Cloudflare Access."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from components.access_gateway import gateway_peer
from components.public_route import PublicRoute, PublicRouteArgs
from stacks.access_settings import AccessDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.contracts import ServiceAddress
    from components.mlflow_server import AccessArgs, MlflowServer
    from stacks.settings import Settings

GATEWAY = "gateway"
"""Pulumi's name of the gateway, which its pods' labels carry."""


def server_access(settings: Settings) -> AccessArgs:
    """Say who may talk to the server: behind Access, the gateway takes the place of the ingress controller."""
    if settings.sign_on is None:
        return settings.access
    return replace(settings.access, ingress_peers=(gateway_peer(GATEWAY),))


def edge(settings: Settings, server: MlflowServer, cluster: pulumi.ResourceOptions) -> Mapping[str, pulumi.Input[Any]]:
    """Make the way in, and return what it adds to the stack's outputs."""
    if settings.sign_on is None:
        return {"url": _route(settings, server, server.service, server.namespace, cluster).url}
    # It imports the Cloudflare SDK, which takes seconds that a stack without Access need not wait for.
    from stacks import sign_on  # noqa: PLC0415

    guard = sign_on.guard(settings, settings.sign_on, server, cluster)
    if settings.sign_on.delivery is AccessDelivery.TUNNEL:
        url = sign_on.tunnel(settings, settings.sign_on, guard, cluster).url
    else:
        url = _route(settings, server, guard.gateway.service, guard.gateway.namespace, cluster).url
    return {
        "url": url,
        "audience": guard.application.assertion.audience,
        "accessServiceTokens": guard.application.service_tokens,
    }


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
