"""Component `AccessGateway`: what lets only a valid Cloudflare Access assertion through to MLflow."""

from components.access_gateway.args import AccessGatewayArgs, GatewayLimits, KeySourceArgs
from components.access_gateway.gateway import AccessGateway, gateway_peer

__all__ = ["AccessGateway", "AccessGatewayArgs", "GatewayLimits", "KeySourceArgs", "gateway_peer"]
