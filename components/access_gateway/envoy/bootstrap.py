"""The whole configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.access_gateway.envoy.operations_listener import operations_listener
from components.access_gateway.envoy.public_listener import public_listener
from components.access_gateway.envoy.settings import extension
from components.access_gateway.envoy.signing_keys import keys_clusters, keys_listener
from components.access_gateway.envoy.upstreams import admin_cluster, mlflow_cluster

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

_MOST_CONNECTIONS = 4096
_HEAP_SHARE = 0.8
"""Part of the container's memory for Envoy's heap; the rest is the binary's pages and the threads."""


def bootstrap(settings: EnvoySettings) -> Message:
    """Build Envoy's bootstrap configuration, to be written as JSON."""
    return {
        "node": {"id": "mlflow-gateway", "cluster": "mlflow-gateway"},
        "admin": {"address": settings.listen.admin.address},
        "application_log_config": {
            "log_format": {"json_format": {"time": "%Y-%m-%dT%T.%eZ", "level": "%l", "logger": "%n", "message": "%j"}}
        },
        "static_resources": {
            "listeners": [public_listener(settings), operations_listener(settings), keys_listener(settings)],
            "clusters": [mlflow_cluster(settings), admin_cluster(settings), *keys_clusters(settings)],
        },
        "overload_manager": _overload(settings.limits.memory_bytes),
    }


def _overload(memory_bytes: int) -> Message:
    heap = "envoy.resource_monitors.fixed_heap"
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            extension(
                heap,
                "extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                max_heap_size_bytes=int(memory_bytes * _HEAP_SHARE),
            ),
            extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=_MOST_CONNECTIONS,
            ),
        ],
        "actions": [
            {
                "name": "envoy.overload_actions.shrink_heap",
                "triggers": [{"name": heap, "threshold": {"value": 0.9}}],
            },
            {
                "name": "envoy.overload_actions.stop_accepting_requests",
                "triggers": [{"name": heap, "threshold": {"value": 0.95}}],
            },
        ],
    }
