"""Listeners: what Envoy answers on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.access_gateway.envoy.settings import extension

if TYPE_CHECKING:
    from typing import Any

    from components.access_gateway.envoy.settings import Endpoint, Message


def http_listener(name: str, endpoint: Endpoint, manager: Message, **fields: Any) -> Message:
    """Describe a listener for HTTP without TLS.

    Args:
        name: Of the listener, and of its statistics.
        endpoint: Where it listens.
        manager: Fields of its connection manager: routes, filters.
        fields: Of the listener itself.
    """
    connection_manager = extension(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=name,
        **manager,
    )
    return {
        "name": name,
        "address": endpoint.address,
        "filter_chains": [{"filters": [connection_manager]}],
        **fields,
    }
