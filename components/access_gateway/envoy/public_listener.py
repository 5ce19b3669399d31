"""The listener that the ingress controller or the tunnel connects to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.access_gateway.envoy.access_log import access_log
from components.access_gateway.envoy.assertion import assertion_filters
from components.access_gateway.envoy.identity import FORGEABLE_HEADERS, FORGEABLE_PREFIXES
from components.access_gateway.envoy.listener import http_listener
from components.access_gateway.envoy.routes import virtual_hosts
from components.access_gateway.envoy.settings import extension, lua

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

CONNECTION_SECONDS = 5
"""After that the next answer ends its connection. A pod that is to stop so loses its clients while it still answers."""
_IDLE_SECONDS = 300
"""Neither side has moved a byte: longer than the slowest answer of MLflow, or than the client's pause in an upload."""
_IDLE_CONNECTION_SECONDS = 180
"""Longer than proxies in front keep an idle connection (nginx 60 s, Traefik and cloudflared 90 s)."""
_HEADERS_KIB = 32
_BUFFER_BYTES = 256 * 1024
_SCRIPT = Path(__file__).with_name("forwarded_request.lua")


def public_listener(settings: EnvoySettings) -> Message:
    """Describe the listener: HTTP/1.1 without TLS, which ends at the ingress or the tunnel."""
    manager = {
        "codec_type": "HTTP1",
        "route_config": {"name": "public", "virtual_hosts": virtual_hosts(settings)},
        "http_filters": _filters(settings),
        "access_log": access_log(),
        **_request_hygiene(),
        **_answers(),
        **_patience(),
    }
    return http_listener("public", settings.listen.public, manager, per_connection_buffer_limit_bytes=_BUFFER_BYTES)


def _filters(settings: EnvoySettings) -> list[Message]:
    """List the filters in the order in which a request meets them.

    Limits come after the assertion, so that strangers cannot use up what people have.
    """
    return [
        *assertion_filters(settings),
        _rate_limit(settings.limits.requests_per_second),
        extension(
            "envoy.filters.http.body_size_limit",
            "extensions.filters.http.body_size_limit.v3.BodySizeLimit",
            # Counts while it streams, chunked bodies too, and refuses a greater Content-Length at once.
            max_request_bytes=settings.limits.max_body_bytes,
        ),
        lua(_SCRIPT),
        extension("envoy.filters.http.router", "extensions.filters.http.router.v3.Router", suppress_envoy_headers=True),
    ]


def _rate_limit(requests_per_second: int) -> Message:
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return extension(
        "envoy.filters.http.local_ratelimit",
        "extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        stat_prefix="public",
        token_bucket={
            "max_tokens": requests_per_second,
            "tokens_per_fill": requests_per_second,
            "fill_interval": "1s",
        },
        filter_enabled=always,
        filter_enforced=always,
        response_headers_to_add=[{"header": {"key": "retry-after", "value": "1"}}],
    )


def _request_hygiene() -> Message:
    """One reading of every request, here and at the server behind."""
    mutations: list[Message] = [{"remove": name} for name in FORGEABLE_HEADERS]
    mutations += [{"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in FORGEABLE_PREFIXES]
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "strip_any_host_port": True,
        "strip_trailing_host_dot": True,
        "max_request_headers_kb": _HEADERS_KIB,
        "early_header_mutation_extensions": [
            extension(
                "envoy.http.early_header_mutation.header_mutation",
                "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
                mutations=mutations,
            )
        ],
        # The scheme and the addresses that the ingress reports are for the log alone, see the routes.
        "use_remote_address": False,
    }


def _answers() -> Message:
    """Answers of Envoy itself carry the request's number, by which the audit log tells why."""
    message = "the gateway answered %RESPONSE_CODE%; the reason is in its log under request %REQ(X-REQUEST-ID)%"
    return {
        "server_name": "mlflow-gateway",
        "server_header_transformation": "PASS_THROUGH",
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        # MLflow's client shows the message of such a document.
        "local_reply_config": {"body_format": {"json_format": {"message": message}}},
    }


def _patience() -> Message:
    return {
        "stream_idle_timeout": f"{_IDLE_SECONDS}s",
        "request_headers_timeout": "15s",
        "http1_safe_max_connection_duration": True,
        "common_http_protocol_options": {
            "idle_timeout": f"{_IDLE_CONNECTION_SECONDS}s",
            "max_connection_duration": f"{CONNECTION_SECONDS}s",
            # Also the most headers of a request; 100 is Envoy's own default.
            "max_headers_count": 100,
            # MLflow's server reads `a_b` and `a-b` as the same header.
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
    }
