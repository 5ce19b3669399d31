"""``cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared``, and the question for its token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.engine.plugins.cloudflare.connection import Api
from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import ACCOUNT, one_of
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Function
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.protocol.values import Values

_ANSWERED = Property(computed=True, given=False)


class Tunnel(RestResource):
    """A tunnel. The API never shows its secret again."""

    token = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared"  # noqa: S105 - a type token
    collection = "cfd_tunnel"
    noun = "tunnel"
    scope = "accountId"
    update_method = "PATCH"
    schema: ClassVar[Schema] = Schema(
        {
            "accountId": ACCOUNT,
            "name": Property(required=True),
            "configSrc": Property(default="local", force_new=True, problem=one_of("local", "cloudflare")),
            "tunnelSecret": Property(secret=True),
            **dict.fromkeys(("accountTag", "status", "tunType", "metadata", "createdAt", "deletedAt"), _ANSWERED),
            **dict.fromkeys(("connsActiveAt", "connsInactiveAt"), _ANSWERED),
            "remoteConfig": Property(kind=Kind.BOOLEAN, computed=True, given=False),
            "connections": Property(
                kind=Kind.OBJECTS,
                computed=True,
                given=False,
                fields=dict.fromkeys(
                    ("clientId", "clientVersion", "coloName", "id", "openedAt", "originIp", "uuid"), _ANSWERED
                ),
            ),
        }
    )

    def body(self, new: Values, old: Values | None) -> dict[str, Any]:
        """Write a request; where a tunnel is configured can be said only once."""
        body = super().body(new, old)
        return {name: value for name, value in body.items() if old is None or name != "config_src"}

    def outputs(self, record: Values, state: Values) -> Values:
        """Read an answer."""
        found = super().outputs(record, state)
        found.pop("tunnelSecret", None)
        return found | ({"metadata": json.dumps(found["metadata"])} if "metadata" in found else {})

    def gone(self, record: Values) -> bool:
        """The API remembers a deleted tunnel for a while."""
        return record.get("deleted_at") is not None


class TunnelToken(Function[Api]):
    """What ``cloudflared`` needs to run a tunnel. As with the official plugin, marking it secret is the caller's."""

    token = "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken"  # noqa: S105
    arguments: ClassVar[Schema] = Schema(
        {"accountId": Property(required=True), "tunnelId": Property(required=True)},
    )

    def call(self, client: Api, arguments: Values) -> Values:
        """Ask for the token."""
        account, tunnel = arguments["accountId"], arguments["tunnelId"]
        path = f"{Tunnel().path(arguments, tunnel)}/token"
        token = client.call(f"failed to read the token of tunnel {tunnel}", "GET", path)
        return {"id": tunnel, "accountId": account, "tunnelId": tunnel, "token": token}
