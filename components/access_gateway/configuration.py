"""Envoy's configuration, as the pods read it. Nothing in it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pulumi

from components import immutable
from components.access_gateway import envoy
from components.access_gateway.envoy.settings import LOOPBACK

if TYPE_CHECKING:
    from pulumi_kubernetes import core

    from components.access_gateway.args import AccessGatewayArgs, GatewayScope

DIRECTORY = "/etc/envoy"
FILE = "envoy.json"
PATH = f"{DIRECTORY}/{FILE}"
METRICS_PORT = 9901
KEYS_PORT = 443
MEMORY_MIB = 256
_ADMIN_PORT = 9902
_MEMORY_OF_KEYS_PORT = 9903
_REFRESH_SECONDS = 15
"""Eight requests a minute from two gateways, and at most as long refuses one of them a key that is just in use."""
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - pods listen for other pods; the NetworkPolicy says who is answered


def config_map(scope: GatewayScope) -> core.v1.ConfigMap:
    """Make the ConfigMap."""
    document = pulumi.Output.json_dumps(envoy.bootstrap(_settings(scope.args)), sort_keys=True)
    return immutable.config_map(scope, "settings", {FILE: document})


def _settings(args: AccessGatewayArgs) -> envoy.EnvoySettings:
    assertion = args.assertion
    return envoy.EnvoySettings(
        listen=envoy.ListenSettings(
            public=envoy.Endpoint(host=_EVERYWHERE, port=args.service.port),
            operations=envoy.Endpoint(host=_EVERYWHERE, port=METRICS_PORT),
            admin=envoy.Endpoint(host=LOOPBACK, port=_ADMIN_PORT),
            keys=envoy.Endpoint(host=LOOPBACK, port=_MEMORY_OF_KEYS_PORT),
        ),
        host=args.host,
        issuer=assertion.issuer,
        audience=assertion.audience,
        keys=envoy.KeySettings(
            server=envoy.Endpoint(host=assertion.team_domain, port=KEYS_PORT),
            team_domain=assertion.team_domain,
            path=urlsplit(assertion.keys_url).path,
            ca_certificate=args.keys.ca_certificate,
            refresh_seconds=_REFRESH_SECONDS,
            max_age_seconds=args.keys.max_age_hours * 3600,
        ),
        limits=envoy.LimitSettings(
            requests_per_second=args.limits.requests_per_second,
            max_body_bytes=args.limits.max_body_mib * 1024 * 1024,
            memory_bytes=MEMORY_MIB * 1024 * 1024,
        ),
        upstream=envoy.Endpoint(host=args.upstream.dns, port=args.upstream.port),
    )
