"""What DNS and tunnels take and do not take at the double's API, and what they say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "mlflow.254carbon.com"
RECORD: dict[str, Any] = {"type": "A", "name": HOST, "content": "192.0.2.1", "ttl": 1, "proxied": True}
EVERYTHING = {"service": "http_status:404"}
SHORT = "c2hvcnQ="


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path_factory.mktemp("cloudflare")) as served:
        yield served


def refused(api: CloudflareApi, method: str, url: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = api.ask(method, url, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    return error["code"], error["message"]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"type": None}, 9000, "DNS Validation Error: type is required"),
        (
            {"type": "MX"},
            9000,
            "DNS Validation Error: type must be one of A, AAAA, CNAME, TXT; the double supports no other",
        ),
        ({"name": None}, 9000, "DNS Validation Error: name is required"),
        ({"name": "a b"}, 9000, "DNS name is invalid."),
        ({"name": "*"}, 9000, "DNS name is invalid."),
        ({"name": "mlflow.254carbon.com."}, 9000, "DNS name is invalid."),
        ({"content": None}, 9000, "DNS Validation Error: content is required"),
        ({"content": "origin.example"}, 9005, "Content for A record must be a valid IPv4 address."),
        (
            {"type": "AAAA", "content": "192.0.2.1"},
            9006,
            "Content for AAAA record must be a valid IPv6 address.",
        ),
        ({"type": "CNAME", "content": "a b.example"}, 9007, "Content for CNAME record is invalid."),
        ({"type": "CNAME", "content": "localhost"}, 9007, "Content for CNAME record is invalid."),
        ({"type": "TXT", "content": "", "proxied": False}, 9010, "Content for TXT record must not be empty."),
        ({"type": "TXT", "content": "text"}, 9004, "This record type cannot be proxied."),
        ({"ttl": 300}, 9000, "DNS Validation Error: ttl must be set to 1 when `proxied` is true"),
        (
            {"ttl": 59, "proxied": False},
            9021,
            "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.",
        ),
        ({"settings": {"ipv4_only": True}}, 9000, "DNS Validation Error: settings is not supported by the double"),
        ({"tags": ["a:b"]}, 9000, "DNS Validation Error: tags is not supported by the double"),
        ({"priority": 10}, 9000, "DNS Validation Error: unknown or unsupported field priority"),
    ],
)
def test_a_dns_record_is_refused(api: CloudflareApi, changes: dict[str, Any], code: int, message: str) -> None:
    assert refused(api, "POST", api.path("dns_records", "zones"), RECORD | changes) == (code, message)


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [("AAAA", "2001:DB8:0::1", "2001:db8::1"), ("TXT", "v=spf1 -all", "v=spf1 -all"), ("A", "192.0.2.7", "192.0.2.7")],
)
def test_the_content_of_a_dns_record_is_kept_in_its_usual_form(
    api: CloudflareApi, kind: str, content: str, kept: str
) -> None:
    made = api.made("dns_records", "zones", type=kind, name="@", content=content)

    assert (made["name"], made["content"]) == ("254carbon.com", kept)


@pytest.mark.parametrize("name", ["mlflow.example.com", "not254carbon.com"])
def test_a_name_outside_the_zone_is_taken_for_one_inside(api: CloudflareApi, name: str) -> None:
    made = api.made("dns_records", "zones", **RECORD | {"name": name})

    assert made["name"] == f"{name}.254carbon.com"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "name is required"),
        ({"name": " "}, "name must not be empty"),
        ({"name": "t", "config_src": "here"}, "config_src must be one of local, cloudflare"),
        ({"name": "t", "tunnel_secret": SHORT}, "tunnel_secret must be the base64 of at least 32 bytes"),
        ({"name": "t", "tunnel_secret": "?"}, "tunnel_secret must be the base64 of at least 32 bytes"),
        ({"name": "t", "ha": True}, "unknown or unsupported field ha"),
    ],
)
def test_a_tunnel_is_refused(api: CloudflareApi, body: dict[str, Any], message: str) -> None:
    assert refused(api, "POST", api.path("cfd_tunnel"), body) == (1001, f"Bad Request: {message}")


CATCH_ALL = "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)"
SERVICE = (
    "ingress[0].service must be http://HOST:PORT, https://HOST:PORT or http_status:CODE; the double supports no other"
)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "config is required"),
        ({}, "ingress is required"),
        ({"ingress": []}, "The config file doesn't contain any ingress rules"),
        ({"ingress": ["all"]}, "ingress[0] must be an object"),
        ({"ingress": [{"hostname": HOST, "service": "http://a:1"}]}, CATCH_ALL),
        ({"ingress": [{"path": "/a", "service": "http://a:1"}]}, CATCH_ALL),
        (
            {"ingress": [EVERYTHING, EVERYTHING]},
            "ingress[0] matches every URL, so that the rules after it are never used",
        ),
        ({"ingress": [{"hostname": HOST}]}, "ingress[0].service is required"),
        ({"ingress": [{"service": "gateway:8080"}]}, SERVICE),
        ({"ingress": [{"service": "http://gateway:8080/path"}]}, SERVICE),
        ({"ingress": [{"service": "http_status:ok"}]}, SERVICE),
        ({"ingress": [EVERYTHING | {"host": HOST}]}, "ingress[0].unknown or unsupported field host"),
        (
            {"ingress": [EVERYTHING | {"originRequest": {"bastionMode": True}}]},
            "ingress[0].originRequest.unknown or unsupported field bastionMode",
        ),
        (
            {"ingress": [EVERYTHING | {"originRequest": {"access": {"required": True, "audTag": ["a"]}}}]},
            "ingress[0].originRequest.access.teamName is required",
        ),
        (
            {"ingress": [EVERYTHING], "originRequest": {"access": {"teamName": "254carbon", "audTag": []}}},
            "originRequest.access.audTag must be an array of audience tags",
        ),
    ],
)
def test_a_configuration_of_a_tunnel_is_refused(api: CloudflareApi, config: object, message: str) -> None:
    known = api.ask("GET", api.path("cfd_tunnel")).json()["result"]
    tunnel = known[0] if known else api.made("cfd_tunnel", name="configured", config_src="cloudflare")
    url = api.path(f"cfd_tunnel/{tunnel['id']}/configurations")

    assert refused(api, "PUT", url, {"config": config}) == (
        1056,
        f"Bad Configuration: Validation failed: {message}",
    )


def test_a_tunnel_that_is_configured_where_it_runs_has_no_configuration_here(api: CloudflareApi) -> None:
    tunnel = api.made("cfd_tunnel", name="local")
    url = api.path(f"cfd_tunnel/{tunnel['id']}/configurations")

    for method in ("GET", "PUT"):
        answer = api.ask(method, url, {"config": {"ingress": [EVERYTHING]}})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, 1055)
