"""The listener for Prometheus and the kubelet: a few paths of Envoy's administration interface, which stays inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.access_gateway.envoy.listener import http_listener
from components.access_gateway.envoy.settings import extension
from components.access_gateway.envoy.signing_keys import KEYS_CLUSTER, KEYS_PATH
from components.access_gateway.envoy.upstreams import ADMIN_CLUSTER

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

METRICS_PATH = "/stats/prometheus"
READY_PATH = "/ready"
STARTED_PATH = KEYS_PATH
"""Answered once the signing keys, which are public, have been fetched."""


def operations_listener(settings: EnvoySettings) -> Message:
    """Describe the listener; whoever may reach it is a matter of the NetworkPolicy."""
    host = {
        "name": "operations",
        "domains": ["*"],
        "routes": [
            _route(METRICS_PATH, ADMIN_CLUSTER),
            _route(READY_PATH, ADMIN_CLUSTER),
            _route(STARTED_PATH, KEYS_CLUSTER),
        ],
    }
    manager = {
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [extension("envoy.filters.http.router", "extensions.filters.http.router.v3.Router")],
    }
    return http_listener(
        "operations",
        settings.listen.operations,
        manager,
        ignore_global_conn_limit=True,
        bypass_overload_manager=True,
    )


def _route(path: str, cluster: str) -> Message:
    get = {"name": ":method", "string_match": {"exact": "GET"}}
    return {"match": {"path": path, "headers": [get]}, "route": {"cluster": cluster}}
