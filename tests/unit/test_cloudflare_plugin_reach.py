"""How the cloudflare stand-in comes to an object that exists: its id, whose account it is in, and the credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sandbox.engine.plugins.cloudflare.application import Application
from sandbox.engine.plugins.cloudflare.dns_record import DnsRecord
from sandbox.engine.plugins.cloudflare.group import Group
from sandbox.engine.plugins.cloudflare.policy import Policy
from sandbox.engine.plugins.cloudflare.provider import CloudflareProvider
from sandbox.engine.plugins.cloudflare.tunnel_config import TunnelConfig
from sandbox.engine.plugins.protocol.resource import ResourceError

if TYPE_CHECKING:
    from sandbox.engine.plugins.cloudflare.rest import RestResource
    from sandbox.engine.plugins.protocol.values import Values

TOKEN = "a" * 40


@pytest.mark.parametrize(
    ("resource", "given", "expected"),
    [
        (Application(), "accounts/a/x", ("x", {"accountId": "a"})),
        (Group(), "zones/z/x", ("x", {"zoneId": "z"})),
        (Policy(), "a/x", ("x", {"accountId": "a"})),
        (DnsRecord(), "z/x", ("x", {"zoneId": "z"})),
        (TunnelConfig(), "a/t", ("t", {"accountId": "a", "tunnelId": "t"})),
    ],
)
def test_import_ids_are_those_of_the_official_plugin(
    resource: RestResource, given: str, expected: tuple[str, Values]
) -> None:
    assert resource.imported(given) == expected


def test_another_import_id_is_refused_with_the_form_that_is_wanted() -> None:
    with pytest.raises(ResourceError, match=r"expected <\{accounts\|zones\}>/<account_id\|zone_id>/<id>, got 'a/x'"):
        Application().imported("a/x")
    with pytest.raises(ResourceError, match="expected <zone_id>/<id>, got 'x'"):
        DnsRecord().imported("x")


def test_an_object_without_an_account_is_refused_by_name() -> None:
    with pytest.raises(ResourceError, match="Access group staff: exactly one of accountId and zoneId has to be given"):
        Group().path({"name": "staff"})


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for variables in CloudflareProvider.environment.values():
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    return monkeypatch


def test_credentials_come_from_the_program_or_the_environment(no_environment: pytest.MonkeyPatch) -> None:
    provider = CloudflareProvider()
    assert provider.configured({"apiToken": TOKEN}).url == "https://api.cloudflare.com/client/v4"
    no_environment.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    no_environment.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/client/v4/")
    assert provider.configured({}).url == "http://127.0.0.1:1/client/v4"
    assert provider.configured({"baseUrl": "http://other"}).url == "http://other"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "needs exactly one of `api_token`"),
        ({"apiToken": TOKEN, "apiKey": "b", "email": "c"}, "found 2"),
        ({"apiKey": "b"}, "needs `email` beside it"),
        ({"apiToken": f"{TOKEN}\n"}, "hold blanks or letters that no HTTP header can carry"),
        ({"apiToken": TOKEN, "baseUrl": "api.cloudflare.com"}, "`base_url` has to begin with https:// or http://"),
    ],
)
def test_a_wrong_configuration_is_refused_with_the_cure(
    no_environment: pytest.MonkeyPatch,  # noqa: ARG001
    config: Values,
    reason: str,
) -> None:
    with pytest.raises(ResourceError, match=re.escape(reason)) as refused:
        CloudflareProvider().configured(config)
    assert TOKEN not in str(refused.value)
