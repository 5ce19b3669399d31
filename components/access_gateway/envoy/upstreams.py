"""Clusters: what Envoy connects to."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from components.access_gateway.envoy.settings import Endpoint, extension

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

MLFLOW_CLUSTER = "mlflow"
ADMIN_CLUSTER = "admin"
_CONNECT_SECONDS = 3
_IDLE_SECONDS = 60
"""Below the 120 s that the server keeps an idle connection: the side that sends must be the one that closes."""
_MOST_CONNECTIONS = 512
"""As many as requests at once; a further one waits, and when as many wait it gets 503."""


def cluster(name: str, endpoint: Endpoint, **fields: Any) -> Message:
    """Describe a cluster of one address or DNS name."""
    return {
        "name": name,
        "type": "STATIC" if _is_address(endpoint.host) else "STRICT_DNS",
        "dns_lookup_family": "V4_PREFERRED",
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": endpoint.address}}]}],
        },
        **fields,
    }


def mlflow_cluster(settings: EnvoySettings) -> Message:
    """Describe MLflow's Service."""
    most = {
        "max_connections": _MOST_CONNECTIONS,
        "max_pending_requests": _MOST_CONNECTIONS,
        "max_requests": _MOST_CONNECTIONS,
        "max_retries": 32,
    }
    options = extension(
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        common_http_protocol_options={"idle_timeout": f"{_IDLE_SECONDS}s"},
        explicit_http_config={"http_protocol_options": {}},
    )
    return cluster(
        MLFLOW_CLUSTER,
        settings.upstream,
        circuit_breakers={"thresholds": [most]},
        typed_extension_protocol_options={options["name"]: options["typed_config"]},
    )


def admin_cluster(settings: EnvoySettings) -> Message:
    """Describe Envoy's own administration interface."""
    return cluster(ADMIN_CLUSTER, settings.listen.admin)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
