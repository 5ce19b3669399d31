"""Single sign-on: the Access application, the gateway that checks its assertions, and the tunnel where one is wanted.

This module imports the Cloudflare SDK; who imports it should need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.access_application.application import AccessApplication
from components.access_gateway import AccessGateway, AccessGatewayArgs
from components.cloudflare_tunnel import CloudflareTunnelArgs, tunnel_peer
from components.cloudflare_tunnel.tunnel import CloudflareTunnel
from components.contracts import ServiceAddress
from stacks.access_settings import AccessDelivery
from stacks.providers import cloudflare_provider

if TYPE_CHECKING:
    import pulumi_cloudflare as cloudflare

    from components.mlflow_server import MlflowServer
    from stacks.access_settings import AccessSettings
    from stacks.settings import Settings

_GATEWAY_SERVICE = "mlflow-gateway"
_GATEWAY_PORT = 8080
_TUNNEL = "tunnel"
_TUNNEL_DEPLOYMENT = "mlflow-tunnel"


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What stands between the outside and the server."""

    provider: cloudflare.Provider
    application: AccessApplication
    gateway: AccessGateway


def guard(
    name: str, settings: Settings, access: AccessSettings, server: MlflowServer, cluster: pulumi.ResourceOptions
) -> Guard:
    """Tell Cloudflare who may enter, and let only them through to the server; `name` is the gateway's."""
    provider = cloudflare_provider(access.api)
    application = AccessApplication("access", access.application, pulumi.ResourceOptions(provider=provider))
    by_tunnel = access.delivery is AccessDelivery.TUNNEL
    gateway = AccessGateway(
        name,
        AccessGatewayArgs(
            namespace=server.namespace,
            service=ServiceAddress(name=_GATEWAY_SERVICE, namespace=server.service.namespace, port=_GATEWAY_PORT),
            upstream=server.service,
            upstream_selector=server.selector,
            host=settings.route.host,
            assertion=application.assertion,
            keys=access.gateway.keys,
            limits=access.gateway.limits,
            image=access.gateway.image,
            image_pull_secret=settings.image_pull_secret,
            replicas=access.gateway.replicas,
            ingress_peers=(tunnel_peer(_TUNNEL),) if by_tunnel else settings.access.public_peers.peers,
            metrics_peers=settings.access.metrics_peers,
        ),
        cluster,
    )
    return Guard(provider=provider, application=application, gateway=gateway)


def tunnel(
    settings: Settings, access: AccessSettings, behind: Guard, cluster: pulumi.ResourceOptions
) -> CloudflareTunnel:
    """Let requests arrive at the gateway by a tunnel."""
    application = access.application
    return CloudflareTunnel(
        _TUNNEL,
        CloudflareTunnelArgs(
            account_id=application.account_id,
            zone_id=application.zone_id,
            host=application.host,
            assertion=behind.application.assertion,
            service=behind.gateway.service,
            service_selector=behind.gateway.selector,
            namespace=behind.gateway.namespace,
            deployment=_TUNNEL_DEPLOYMENT,
            image=access.cloudflared_image,
            image_pull_secret=settings.image_pull_secret,
            metrics_peers=settings.access.metrics_peers,
        ),
        pulumi.ResourceOptions.merge(cluster, pulumi.ResourceOptions(providers=[behind.provider])),
    )
