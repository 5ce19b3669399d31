"""``cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sandbox.engine.plugins.cloudflare.rest import RestResource
from sandbox.engine.plugins.cloudflare.rules import ACCOUNT, one_of
from sandbox.engine.plugins.cloudflare.wire import from_wire, to_wire, tunnel_name
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.resource import Created
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from sandbox.engine.plugins.cloudflare.connection import Api
    from sandbox.engine.plugins.protocol.values import Values

_TEXT: Final = Property(computed=True)
_SECONDS: Final = Property(kind=Kind.INTEGER, computed=True)
_ON: Final = Property(kind=Kind.BOOLEAN)
# The API fills in the rest of what a program gives; only what is given is compared.
_ORIGIN_REQUEST: Final = {
    "access": Property(
        kind=Kind.OBJECT,
        fields={
            "audTags": Property(kind=Kind.LIST, required=True),
            "teamName": Property(required=True),
            "required": Property(kind=Kind.BOOLEAN, default=False),
        },
    ),
    **dict.fromkeys(("caPool", "originServerName", "proxyType", "httpHostHeader"), _TEXT),
    **dict.fromkeys(("connectTimeout", "keepAliveConnections", "keepAliveTimeout", "tcpKeepAlive"), _SECONDS),
    "tlsTimeout": _SECONDS,
    **dict.fromkeys(("disableChunkedEncoding", "http2Origin", "matchSnItoHost", "noHappyEyeballs", "noTlsVerify"), _ON),
}
_CONFIG: Final = {
    "ingresses": Property(
        kind=Kind.OBJECTS,
        computed=True,
        fields={
            "service": Property(required=True),
            "hostname": Property(),
            "path": Property(),
            "originRequest": Property(kind=Kind.OBJECT, fields=_ORIGIN_REQUEST),
        },
    ),
    "originRequest": Property(kind=Kind.OBJECT, fields=_ORIGIN_REQUEST),
}


class TunnelConfig(RestResource):
    """Where a tunnel leads. It is a part of the tunnel: its id is the tunnel's, and a deletion leaves it in place."""

    token = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"  # noqa: S105
    collection = "cfd_tunnel"
    noun = "configuration of tunnel"
    scope = "accountId"
    schema: ClassVar[Schema] = Schema(
        {
            "accountId": ACCOUNT,
            "tunnelId": Property(required=True, force_new=True),
            "config": Property(kind=Kind.OBJECT, computed=True, fields=_CONFIG),
            "source": Property(computed=True, problem=one_of("local", "cloudflare")),
            "version": Property(kind=Kind.INTEGER, computed=True, given=False, follows=("config",)),
            "createdAt": Property(computed=True, given=False, follows=("config",)),
        }
    )

    def path(self, values: Values, identifier: str | None = None) -> str:
        """Address the configuration of one tunnel."""
        return f"{super().path(values, identifier or values['tunnelId'])}/configurations"

    def body(self, new: Values, old: Values | None) -> dict[str, Any]:  # noqa: ARG002
        """Write a request, in the words of ``cloudflared``."""
        return {"config": to_wire(_CONFIG, new.get("config") or {}, tunnel_name)}

    def outputs(self, record: Values, state: Values) -> Values:
        """Read an answer."""
        found = super().outputs(record, state)
        config = from_wire(_CONFIG, record.get("config") or {}, tunnel_name)
        return found | {"config": {name: value for name, value in config.items() if value is not None}}

    def create(self, client: Api, new: Values) -> Created:
        """Write the configuration; the tunnel has an empty one from the start."""
        return Created(new["tunnelId"], self.update(client, new["tunnelId"], {}, new))

    def delete(self, client: Api, identifier: str, state: Values) -> None:
        """Leave the configuration to the tunnel, as the official plugin does."""

    def imported(self, identifier: str) -> tuple[str, Values]:
        """Read ``ACCOUNT/TUNNEL``."""
        tunnel, scope = super().imported(identifier)
        return tunnel, scope | {"tunnelId": tunnel}
