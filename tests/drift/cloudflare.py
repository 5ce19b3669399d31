"""Drift at Cloudflare, by its API like a colleague's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import stack
from sandbox.engine.plugins.cloudflare.provider import CloudflareProvider
from sandbox.engine.plugins.protocol.values import UNKNOWN
from sandbox.parts import cloudflare
from tests.drift.kind import Kind

if TYPE_CHECKING:
    from sandbox.engine.plugins.cloudflare.connection import Api
    from sandbox.engine.plugins.protocol.values import Values
    from tests.drift.kind import Deed, Resource

PROVIDER = CloudflareProvider()
EVERYBODY: list[dict[str, Any]] = [{"everyone": {}}]


def client() -> Api:
    """A colleague with the rights to click things together."""
    return PROVIDER.configured({"apiToken": cloudflare.api_token(stack.SECRETS), "baseUrl": cloudflare.API_URL})


def _edit(**changed: Any) -> Deed:
    def edit(resource: Resource) -> None:
        served = PROVIDER.resources[resource["type"]]

        def planned(**other: Any) -> Values:
            plan = served.schema.plan({**resource["inputs"], **other})
            return {key: None if value is UNKNOWN else value for key, value in plan.items()}

        served.update(client(), resource["id"], planned(), planned(**changed))

    return edit


def _delete(resource: Resource) -> None:
    PROVIDER.resources[resource["type"]].delete(client(), resource["id"], resource["outputs"])


KINDS = {
    "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication": Kind(
        change=_edit(sessionDuration="720h"), delete=_delete
    ),
    "cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy": Kind(
        change=_edit(includes=EVERYBODY), why="Cloudflare does not delete one that an application has"
    ),
    "cloudflare:index/zeroTrustAccessServiceToken:ZeroTrustAccessServiceToken": Kind(
        change=_edit(name="by hand"), why="Cloudflare does not delete one that a policy has"
    ),
    "cloudflare:index/dnsRecord:DnsRecord": Kind(change=_edit(proxied=False), delete=_delete),
    "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": Kind(
        change=_edit(name="by hand"), why="Cloudflare does not delete one with connections"
    ),
    "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig": Kind(
        change=_edit(config={"ingresses": [{"service": "http_status:404"}]}), why="a tunnel always has one"
    ),
}
