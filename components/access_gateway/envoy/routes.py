"""Where an accepted request goes: to MLflow, unless it asks for what is not there for the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.access_gateway.envoy.identity import SESSION_COOKIE
from components.access_gateway.envoy.upstreams import MLFLOW_CLUSTER

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, Message

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_METRICS = r"(?i)/metrics([/;%].*)?"
"""Of the path as it is after normalisation, which also decodes letters; the rest is what a server might cut off."""


def virtual_hosts(settings: EnvoySettings) -> list[Message]:
    """Describe the public host and, for every other name, the refusal. Both stand behind the assertion."""
    everything = {"prefix": "/"}
    methods = {"name": ":method", "string_match": {"safe_regex": {"regex": "|".join(METHODS)}}, "invert_match": True}
    public = {
        "name": "public",
        "domains": [settings.host],
        "routes": [
            _refusal("method", {**everything, "headers": [methods]}, 405),
            _refusal("metrics", {"safe_regex": {"regex": _METRICS}}, 404),
            _to_mlflow(),
        ],
    }
    foreign = {"name": "foreign", "domains": ["*"], "routes": [_refusal("foreign_host", everything, 421)]}
    return [public, foreign]


def _refusal(name: str, match: Message, status: int) -> Message:
    return {"name": name, "match": match, "direct_response": {"status": status}}


def _to_mlflow() -> Message:
    return {
        "name": "mlflow",
        "match": {"prefix": "/"},
        "metadata": {"filter_metadata": {"envoy.filters.http.lua": {"session_cookie": SESSION_COOKIE}}},
        "request_headers_to_add": [
            {
                # The server must not read an address here that a client wrote, 127.0.0.1 above all.
                "header": {"key": "x-forwarded-for", "value": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        ],
        "route": {
            "cluster": MLFLOW_CLUSTER,
            # An artifact may take as long as it moves; the idle time-out ends one that has stopped.
            "timeout": "0s",
            "retry_policy": {
                # Only where no byte of the request can have reached a server: MLflow's calls may not run twice.
                "retry_on": "connect-failure,refused-stream,reset-before-request",
                "num_retries": 8,
                "retry_back_off": {"base_interval": "0.1s", "max_interval": "2s"},
            },
        },
    }
