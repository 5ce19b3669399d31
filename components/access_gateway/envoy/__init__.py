"""Envoy's configuration as typed builders: plain data in, the bootstrap as plain data out, nothing of Pulumi inside."""

from components.access_gateway.envoy.bootstrap import bootstrap
from components.access_gateway.envoy.command_line import EXECUTABLE, command_line
from components.access_gateway.envoy.settings import (
    Endpoint,
    EnvoySettings,
    KeySettings,
    LimitSettings,
    ListenSettings,
)

__all__ = [
    "EXECUTABLE",
    "Endpoint",
    "EnvoySettings",
    "KeySettings",
    "LimitSettings",
    "ListenSettings",
    "bootstrap",
    "command_line",
]
