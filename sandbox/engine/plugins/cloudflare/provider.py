"""The cloudflare provider: its arguments and its resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.cloudflare.application import Application
from sandbox.engine.plugins.cloudflare.connection import Api
from sandbox.engine.plugins.cloudflare.dns_record import DnsRecord
from sandbox.engine.plugins.cloudflare.group import Group
from sandbox.engine.plugins.cloudflare.policy import Policy
from sandbox.engine.plugins.cloudflare.service_token import ServiceToken
from sandbox.engine.plugins.cloudflare.tunnel import Tunnel, TunnelToken
from sandbox.engine.plugins.cloudflare.tunnel_config import TunnelConfig
from sandbox.engine.plugins.protocol.properties import Property
from sandbox.engine.plugins.protocol.provider import Provider
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.plugins.protocol.values import Values


class CloudflareProvider(Provider[Api]):
    """Serves Access, DNS records and tunnels."""

    name = "cloudflare"
    version = "6.23.1"
    config: ClassVar[Schema] = Schema(
        {
            "apiToken": Property(secret=True),
            "apiKey": Property(secret=True),
            "apiUserServiceKey": Property(secret=True),
            "email": Property(),
            "baseUrl": Property(),
            "userAgentOperatorSuffix": Property(default=f"pulumi/{version}"),
        }
    )
    environment: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "apiToken": ("CLOUDFLARE_API_TOKEN",),
        "apiKey": ("CLOUDFLARE_API_KEY",),
        "apiUserServiceKey": ("CLOUDFLARE_API_USER_SERVICE_KEY",),
        "email": ("CLOUDFLARE_EMAIL",),
        "baseUrl": ("CLOUDFLARE_BASE_URL",),
        "userAgentOperatorSuffix": ("CLOUDFLARE_USER_AGENT_OPERATOR_SUFFIX",),
    }

    def __init__(self) -> None:
        resources = (Application(), Policy(), Group(), ServiceToken(), DnsRecord(), Tunnel(), TunnelConfig())
        super().__init__(resources, (TunnelToken(),))

    def client(self, config: Values) -> Api:
        """Prepare the client."""
        return Api(config)
