"""What the cloudflare stand-in derives from properties: names, checks and differences, all without a server."""

from __future__ import annotations

import re
from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.engine.plugins.cloudflare.application import Application
from sandbox.engine.plugins.cloudflare.dns_record import DnsRecord
from sandbox.engine.plugins.cloudflare.group import Group
from sandbox.engine.plugins.cloudflare.policy import Policy
from sandbox.engine.plugins.cloudflare.provider import CloudflareProvider
from sandbox.engine.plugins.cloudflare.rules import same_time
from sandbox.engine.plugins.cloudflare.service_token import ServiceToken
from sandbox.engine.plugins.cloudflare.tunnel import Tunnel
from sandbox.engine.plugins.cloudflare.tunnel_config import TunnelConfig
from sandbox.engine.plugins.cloudflare.wire import from_wire, rest_name, to_wire, tunnel_name
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.plugins.cloudflare.rest import RestResource
    from sandbox.engine.plugins.protocol.properties import Property

RESOURCES: Mapping[str, RestResource] = {
    resource.token.rpartition(":")[2]: resource
    for resource in (Application(), Policy(), Group(), ServiceToken(), DnsRecord(), Tunnel(), TunnelConfig())
}
BY_TYPE = pytest.mark.parametrize("name", sorted(RESOURCES))


@cache
def sdk_text(module: str) -> str:
    """The source of the SDK, read as text: its import takes seconds."""
    spec = util.find_spec("pulumi_cloudflare")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / f"{module}.py").read_text()


def sdk_properties(module: str, name: str) -> dict[str, str]:
    """Property names of a class of the SDK, each with its type."""
    found = re.search(rf"^class {name}(?:\(.*\))?:\n(.*?)(?=^class |^@|\Z)", sdk_text(module), re.MULTILINE | re.DOTALL)
    assert found is not None, name
    getter = r'@pulumi\.getter(?:\(name="(\w+)"\))?\n(?:    @.*\n)*    def (\w+)\(self\) -> (.*):\n'
    return {wire or python: kind for wire, python, kind in re.findall(getter, found[1])}


def nested_names(properties: Mapping[str, Property]) -> dict[str, object]:
    """The names that a program may write, with those of nested objects below them."""
    return {name: nested_names(prop.fields) for name, prop in properties.items() if prop.given}


def sdk_nested_names(module: str, name: str, mine: Mapping[str, Property]) -> dict[str, object]:
    """The same of the SDK, where the stand-in serves what is below."""
    names: dict[str, object] = {}
    for key, kind in sdk_properties(module, name).items():
        below = re.search(r"'(\w+Args)'", kind)
        fields = mine[key].fields if key in mine else {}
        names[key] = sdk_nested_names("_inputs", below[1], fields) if below and fields else {}
    return names


@BY_TYPE
def test_inputs_are_those_of_the_sdk_down_to_the_last_selector(name: str) -> None:
    properties = RESOURCES[name].schema.properties
    module = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    assert nested_names(properties) == sdk_nested_names(module, f"{name}Args", properties)


@BY_TYPE
def test_outputs_are_those_of_the_sdk_and_what_it_hides_is_secret(name: str) -> None:
    schema, module = RESOURCES[name].schema, re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    assert set(schema.properties) == set(sdk_properties(module, name))
    hidden = re.search(r"additional_secret_outputs=\[(.*?)\]", sdk_text(module))
    assert set(schema.secret) == set(re.findall(r'"(\w+)"', hidden[1]) if hidden else [])


def test_the_provider_has_the_arguments_of_the_sdk_and_the_function_its_token() -> None:
    config = CloudflareProvider.config
    assert set(config.properties) == set(sdk_properties("provider", "ProviderArgs"))
    assert config.secret == {"apiKey", "apiToken", "apiUserServiceKey"}
    [function] = CloudflareProvider().functions
    assert f"invoke('{function}'" in sdk_text("get_zero_trust_tunnel_cloudflared_token")


@BY_TYPE
def test_another_account_or_zone_replaces(name: str) -> None:
    properties = RESOURCES[name].schema.properties
    replacing = {key for key, prop in properties.items() if prop.force_new}
    expected = {"accountId", "zoneId"} & set(properties)
    expected |= {"ZeroTrustTunnelCloudflared": {"configSrc"}, "ZeroTrustTunnelCloudflaredConfig": {"tunnelId"}}.get(
        name, set()
    )
    assert replacing == expected


def reasons(resource: RestResource, news: Values) -> str:
    _, failures = resource.schema.check("thing", news, {}, b"seed")
    return "\n".join(failure.reason for failure in failures)


POLICY: Values = {"accountId": "a", "name": "people", "decision": "allow"}


@pytest.mark.parametrize(
    ("resource", "news", "reason"),
    [
        (Policy(), {"name": "a", "decision": "allow"}, 'The argument "account_id" is required'),
        (Policy(), POLICY | {"decision": "maybe"}, 'one of "allow", "deny", "non_identity", "bypass", got "maybe"'),
        (Policy(), POLICY | {"include": []}, "Invalid or unknown key. Examine values at 'thing.include'."),
        (Policy(), POLICY | {"includes": [{"mail": {}}]}, "unknown key. Examine values at 'thing.includes[0].mail'."),
        (Policy(), POLICY | {"includes": [{"email": {}}]}, "Examine values at 'thing.includes[0].email.email'."),
        (Policy(), POLICY | {"includes": ["a@b.c"]}, "element 0: object required."),
        (Policy(), POLICY | {"includes": [{}]}, "a rule has exactly one selector, [0] has 0"),
        (
            Policy(),
            POLICY | {"includes": [{"email": {"email": "a@b.c"}, "everyone": {}}]},
            "a rule has exactly one selector, [0] has 2",
        ),
        (Application(), {"type": "selfhosted"}, 'got "selfhosted"'),
        (Application(), {"accountId": "a", "zoneId": "b"}, '"account_id": conflicts with zone_id.'),
        (Application(), {"saasApp": {"authType": "oidc"}}, "install the official cloudflare plugin to set it"),
        (Application(), {"policies": [{"name": "inline"}]}, "Examine values at 'thing.policies[0].name'"),
        (
            ServiceToken(),
            {"name": "a", "clientSecretVersion": 2},
            'Attribute "previous_client_secret_expires_at" must be specified when "client_secret_version" is',
        ),
        (
            ServiceToken(),
            {"name": "a", "clientSecretVersion": 2, "previousClientSecretExpiresAt": "tomorrow"},
            'Invalid RFC3339 String Value: "tomorrow"',
        ),
        (Tunnel(), {"accountId": "a", "name": "b", "configSrc": "remote"}, 'one of "local", "cloudflare"'),
        (
            TunnelConfig(),
            {"accountId": "a", "tunnelId": "b", "config": {"ingresses": [{"hostname": "h"}]}},
            "Examine values at 'thing.config.ingresses[0].service'.",
        ),
        (DnsRecord(), {"zoneId": "a", "name": "b", "type": "CNAME"}, 'The argument "ttl" is required'),
    ],
)
def test_a_wrong_input_is_named_with_its_path(resource: RestResource, news: Values, reason: str) -> None:
    assert reason in reasons(resource, news)


def test_what_a_preview_does_not_know_is_not_refused() -> None:
    rules = [{"serviceToken": {"tokenId": UNKNOWN}}, UNKNOWN]
    assert reasons(Policy(), POLICY | {"accountId": UNKNOWN, "decision": UNKNOWN, "includes": rules}) == ""
    assert reasons(Application(), {"policies": [{"id": UNKNOWN, "precedence": 1}], "domain": UNKNOWN}) == ""


ANNA, BEN = {"email": {"email": "anna@b.c"}}, {"email": {"email": "ben@b.c"}}


def changed(resource: RestResource, state: Values, inputs: Values) -> set[str]:
    return {change.name for change in resource.schema.diff(state, inputs)}


def test_the_rules_of_a_policy_have_no_order_and_those_of_a_group_have_one() -> None:
    state: Values = POLICY | {"includes": [ANNA, BEN], "sessionDuration": "24h"}
    assert changed(Policy(), state, state | {"includes": [BEN, ANNA]}) == set()
    assert changed(Policy(), state, state | {"includes": [ANNA, ANNA]}) == {"includes"}
    assert changed(Policy(), state, state | {"includes": [ANNA]}) == {"includes"}
    group: Values = {"name": "a", "includes": [ANNA, BEN]}
    assert changed(Group(), group, group | {"includes": [BEN, ANNA]}) == {"includes"}


def test_a_selector_without_fields_counts_by_being_there() -> None:
    state: Values = POLICY | {"includes": [{"everyone": {}}], "sessionDuration": "24h"}
    assert changed(Policy(), state, state) == set()
    assert changed(Policy(), state, state | {"includes": [{"anyValidServiceToken": {}}]}) == {"includes"}
    assert Policy().schema.inputs_of(state)["includes"] == [{"everyone": {}}]


def test_a_refresh_shows_the_rule_that_somebody_has_put_in_place_of_ours() -> None:
    for resource in (Policy(), Group()):
        refreshed = resource.schema.inputs_of({"name": "a", "includes": [{"everyone": {}}]}, {"includes": [ANNA]})
        assert refreshed == {"includes": [{"everyone": {}}]}


def test_a_rule_added_by_hand_is_drift_even_where_the_program_has_none() -> None:
    state: Values = POLICY | {"sessionDuration": "24h", "excludes": [ANNA]}
    assert changed(Policy(), state, POLICY | {"sessionDuration": "24h"}) == {"excludes"}


def test_what_the_api_writes_out_of_a_policy_is_no_difference_of_the_application() -> None:
    record = {"policies": [{"id": "p", "precedence": 1, "name": "people", "decision": "allow", "include": [ANNA]}]}
    inputs: Values = {"policies": [{"id": "p"}]}
    found = Application().outputs(record, inputs)
    assert found == {"policies": [{"id": "p", "precedence": 1}]}
    assert changed(Application(), found, inputs) == set()
    assert changed(Application(), found, {"policies": [{"id": "p", "precedence": 2}]}) == {"policies"}
    assert changed(Application(), found, {}) == {"policies"}
    assert Application().body({"policies": [{"id": "p", "precedence": 4}, {"id": "q"}]}, None)["policies"] == [
        {"id": "p", "precedence": 4},
        {"id": "q", "precedence": 5},
    ]
    assert Application().body({}, None)["policies"] == []


def test_another_host_leaves_open_what_follows_from_it() -> None:
    schema, prior = Application().schema, {"domain": "a.b.c", "destinations": [{"uri": "a.b.c"}], "aud": "x"}
    assert schema.plan({"domain": "a.b.c"}, prior)["destinations"] == prior["destinations"]
    moved = schema.plan({"domain": "d.b.c"}, prior)
    assert (moved["destinations"], moved["selfHostedDomains"], moved["aud"]) == (UNKNOWN, UNKNOWN, "x")


def test_a_rotation_leaves_open_the_secret_and_nothing_else_does() -> None:
    schema = ServiceToken().schema
    prior: Values = {"name": "ci", "clientSecretVersion": 1, "clientSecret": "s", "expiresAt": "t", "duration": "1h"}
    inputs: Values = {"name": "ci", "clientSecretVersion": 1, "duration": "1h"}
    assert schema.plan(inputs | {"name": "cd"}, prior)["clientSecret"] == "s"
    rotated = schema.plan(inputs | {"clientSecretVersion": 2}, prior)
    assert (rotated["clientSecret"], rotated["expiresAt"]) == (UNKNOWN, "t")
    assert schema.plan(inputs | {"duration": "2h"}, prior)["expiresAt"] is UNKNOWN


def test_names_become_those_of_the_api_and_come_back() -> None:
    rules = [
        {"azureAd": {"id": "a", "identityProviderId": "i"}},
        {"githubOrganization": {"identityProviderId": "i", "name": "n"}},
        {"anyValidServiceToken": {}},
        {"userRiskScore": {"userRiskScores": ["high"]}},
    ]
    wire: list[Values] = [
        {"azureAD": {"id": "a", "identity_provider_id": "i"}},
        {"github-organization": {"identity_provider_id": "i", "name": "n"}},
        {"any_valid_service_token": {}},
        {"user_risk_score": {"user_risk_score": ["high"]}},
    ]
    fields = {name: Policy().schema.properties[name] for name in ("includes", "requires")}
    assert to_wire(fields, {"includes": rules}, rest_name) == {"include": wire}
    assert from_wire(fields, {"include": [item | {"geo": None} for item in wire], "more": 1}, rest_name) == {
        "includes": rules
    }
    assert rest_name("serviceAuth401Redirect") == "service_auth_401_redirect"


def test_the_configuration_of_a_tunnel_speaks_the_words_of_cloudflared() -> None:
    fields = TunnelConfig().schema.properties["config"].fields
    access = {"audTags": ["x"], "teamName": "t", "required": True}
    config = {
        "ingresses": [
            {"service": "http://a:1", "hostname": "h", "originRequest": {"access": access, "noTlsVerify": True}}
        ]
    }
    wire = to_wire(fields, config, tunnel_name)
    assert wire["ingress"][0]["originRequest"] == {
        "access": {"audTag": ["x"], "teamName": "t", "required": True},
        "noTLSVerify": True,
    }
    assert from_wire(fields, wire, tunnel_name) == config


def test_what_the_api_adds_to_the_configuration_of_a_tunnel_is_no_difference() -> None:
    given: Values = {"accountId": "a", "tunnelId": "t", "config": {"ingresses": [{"service": "http_status:404"}]}}
    filled = {"ingresses": [{"service": "http_status:404", "originRequest": {"connectTimeout": 10}}]}
    assert changed(TunnelConfig(), given | {"config": filled}, given) == set()
    guarded = {"ingresses": [{"service": "http_status:404", "originRequest": {"access": {"audTags": ["x"]}}}]}
    assert changed(TunnelConfig(), given, given | {"config": guarded}) == {"config"}
    assert changed(TunnelConfig(), given | {"config": guarded}, given) == {"config"}


def test_points_in_time_compare_by_meaning() -> None:
    assert same_time("2027-01-31T00:00:00Z", "2027-01-31T01:00:00+01:00")
    assert not same_time("2027-01-31T00:00:00Z", "2027-01-31T00:00:01Z")
