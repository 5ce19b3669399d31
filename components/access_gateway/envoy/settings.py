"""What the builders need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, TypeAlias

    import pulumi

    Message: TypeAlias = dict[str, Any]
    """A protobuf message of Envoy's API in its JSON form."""

LOOPBACK = "127.0.0.1"
PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian and the official image have the public authorities."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A TCP address to listen on or to connect to."""

    host: str
    port: int

    @property
    def address(self) -> Message:
        """As Envoy writes it."""
        return {"socket_address": {"address": self.host, "port_value": self.port}}


@dataclass(frozen=True, kw_only=True)
class ListenSettings:
    """Where Envoy listens; the two on the loopback are for Envoy itself."""

    public: Endpoint
    operations: Endpoint
    admin: Endpoint
    keys: Endpoint


@dataclass(frozen=True, kw_only=True)
class KeySettings:
    """Where the signing keys come from, and how long they stay good."""

    server: Endpoint
    team_domain: str
    """Name in the request and in the server's certificate."""
    path: str
    ca_certificate: str | None
    """PEM; None means the public authorities of the image."""
    refresh_seconds: float
    """Between two fetches: within that a new key is known."""
    max_age_seconds: int
    """So long after the last successful fetch the keys are good."""


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """What one gateway lets through."""

    requests_per_second: int
    max_body_bytes: int
    memory_bytes: int
    """Memory of the container; near it, requests are refused instead of the process being killed."""


@dataclass(frozen=True, kw_only=True)
class EnvoySettings:
    """Everything that differs between two gateways."""

    listen: ListenSettings
    host: str
    issuer: str
    audience: pulumi.Input[str]
    keys: KeySettings
    limits: LimitSettings
    upstream: Endpoint


def extension(name: str, kind: str, **fields: Any) -> Message:
    """Build an entry of a list of extensions, of a kind such as `extensions.filters.http.router.v3.Router`."""
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/envoy.{kind}", **fields}}


def lua(script: Path) -> Message:
    """Build a filter that runs a script on every request."""
    code = {"inline_string": script.read_text(encoding="utf-8")}
    return extension("envoy.filters.http.lua", "extensions.filters.http.lua.v3.Lua", default_source_code=code)
