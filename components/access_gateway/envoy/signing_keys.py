"""The team's signing keys: fetched on a clock, remembered, and closed when they get too old.

`jwt_authn` alone cannot promise what is wanted here (read in its source, tried with 1.40). With `async_fetch`, keys of
a running Envoy never expire. Without, they expire at a fixed time after the last fetch, however short the outage, and
with a long life a new key is not seen until then; there is no refetch for an unknown key id. So the filter asks a
listener of this same Envoy, on the loopback, whose Lua script remembers the last key set and when it came. A health
check of Envoy's own is the clock that makes the script fetch; no request of a client ever does.

What holds, for a process with one worker thread (the script's memory belongs to a thread):

- a new key is known `refresh_seconds` + `READ_SECONDS` after it was published, a withdrawn one is gone by then;
- during an outage known keys verify until `max_age_seconds` after the last good fetch, and `READ_SECONDS` later every
  request is refused, until a fetch succeeds;
- a process that starts during an outage refuses everything, and is not started in the eyes of Kubernetes, so that
  a rollout leaves the pods that still know the keys;
- tokens with unknown key ids cost the team domain nothing, however many;
- `envoy_cluster_membership_healthy{envoy_cluster_name="signing_keys"}` is 0 while fetches fail.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.access_gateway.envoy.listener import http_listener
from components.access_gateway.envoy.settings import LOOPBACK, PUBLIC_AUTHORITIES, extension, lua
from components.access_gateway.envoy.upstreams import cluster

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import EnvoySettings, KeySettings, Message

KEYS_CLUSTER = "signing_keys"
KEYS_PATH = "/keys"
READ_SECONDS = 1
"""How long the filter keeps its copy; a read is one request over the loopback."""
_REFRESH_PATH = "/refresh"
_TEAM_CLUSTER = "team_domain"
_FETCH_SECONDS = 4
_RETRY_SECONDS = 2
"""After a fetch that failed, and after the first one at the start, which comes before the listener listens."""
_SCRIPT = Path(__file__).with_name("signing_keys.lua")


def remote_keys() -> Message:
    """Tell `jwt_authn` where the keys are."""
    uri = {"uri": f"http://{LOOPBACK}{KEYS_PATH}", "cluster": KEYS_CLUSTER, "timeout": "2s"}
    return {"http_uri": uri, "cache_duration": f"{READ_SECONDS}s"}


def keys_listener(settings: EnvoySettings) -> Message:
    """Describe the listener on the loopback that remembers the keys."""
    keys = settings.keys
    memory = {
        "cluster": _TEAM_CLUSTER,
        "authority": keys.team_domain,
        "path": keys.path,
        "timeout_milliseconds": _FETCH_SECONDS * 1000,
        "max_age_seconds": keys.max_age_seconds,
    }
    # The script answers every request itself; the route is there to hand it its settings.
    route = {
        "match": {"prefix": "/"},
        "direct_response": {"status": 404},
        "metadata": {"filter_metadata": {"envoy.filters.http.lua": memory}},
    }
    manager = {
        "route_config": {"virtual_hosts": [{"name": "signing_keys", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            lua(_SCRIPT),
            extension("envoy.filters.http.router", "extensions.filters.http.router.v3.Router"),
        ],
    }
    return http_listener("signing_keys", settings.listen.keys, manager, ignore_global_conn_limit=True)


def keys_clusters(settings: EnvoySettings) -> list[Message]:
    """Describe the loopback listener and the team domain as clusters."""
    refresh, retry = f"{settings.keys.refresh_seconds}s", f"{min(_RETRY_SECONDS, settings.keys.refresh_seconds)}s"
    clock = {
        "timeout": f"{_FETCH_SECONDS + 1}s",
        "interval": refresh,
        # Without these it ticks once a minute as long as no request has passed: the first is for after a failure.
        "no_traffic_interval": retry,
        "no_traffic_healthy_interval": refresh,
        "unhealthy_interval": retry,
        "unhealthy_threshold": 1,
        "healthy_threshold": 1,
        "http_health_check": {"path": _REFRESH_PATH},
    }
    return [
        cluster(
            KEYS_CLUSTER,
            settings.listen.keys,
            health_checks=[clock],
            # The listener accepts only once every cluster is ready: the first check cannot come before that.
            wait_for_warm_on_init=False,
            # A failed fetch is no reason to stop reading the keys that are known.
            common_lb_config={"healthy_panic_threshold": {"value": 100}},
        ),
        cluster(_TEAM_CLUSTER, settings.keys.server, transport_socket=_verified_tls(settings.keys)),
    ]


def _verified_tls(keys: KeySettings) -> Message:
    trusted = {"inline_string": keys.ca_certificate} if keys.ca_certificate else {"filename": PUBLIC_AUTHORITIES}
    name = {"san_type": "DNS", "matcher": {"exact": keys.team_domain}}
    return extension(
        "envoy.transport_sockets.tls",
        "extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        sni=keys.team_domain,
        auto_sni_san_validation=True,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "validation_context": {"trusted_ca": trusted, "match_typed_subject_alt_names": [name]},
        },
    )
