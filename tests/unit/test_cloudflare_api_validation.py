"""What Access does not take at the double's API, and what it says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "mlflow.254carbon.com"
ABSENT = "00000000-0000-0000-0000-000000000000"
APP: dict[str, Any] = {"type": "self_hosted", "name": "MLflow", "domain": HOST}
NO_HOST = "is not a host name in lower case (the double supports no paths, ports or wildcards)"
NO_TIME = "is not an RFC 3339 time such as 2026-01-31T00:00:00Z"
PERSON = {"email": {"email": "ada@254carbon.com"}}
POLICY: dict[str, Any] = {"name": "people", "decision": "allow", "include": [PERSON]}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path_factory.mktemp("cloudflare")) as served:
        yield served


def refused(api: CloudflareApi, method: str, url: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = api.ask(method, url, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    return error["code"], error["message"]


def refused_by_access(api: CloudflareApi, path: str, body: dict[str, Any]) -> str:
    code, message = refused(api, "POST", api.path(f"access/{path}"), body)
    prefix = "access.api.error.invalid_request: "
    assert (code, message.startswith(prefix)) == (12130, True)
    return message.removeprefix(prefix)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": None}, "app type is missing or invalid"),
        ({"type": "saas"}, "type is not supported by the double"),
        ({"name": None}, "name is required"),
        ({"name": " "}, "name must not be empty"),
        ({"name": 7}, "name must be a string"),
        ({"domain": None}, "domain is required"),
        ({"domain": "mlflow.example.com"}, "domain does not belong to zone"),
        ({"domain": "not254carbon.com"}, "domain does not belong to zone"),
        (
            {"domain": f"{HOST}/path"},
            f"domain '{HOST}/path' {NO_HOST}",
        ),
        (
            {"domain": "*.254carbon.com"},
            f"domain '*.254carbon.com' {NO_HOST}",
        ),
        ({"self_hosted_domains": [7]}, "domain 7 must be a string"),
        ({"self_hosted_domains": [f"b.{HOST}"]}, "domain not included in self_hosted_domains"),
        ({"self_hosted_domains": [HOST, HOST]}, "destinations must be unique"),
        (
            {"self_hosted_domains": [HOST], "destinations": [{"type": "public", "uri": f"b.{HOST}"}]},
            "self_hosted_domains and destinations must name the same hosts",
        ),
        (
            {"destinations": [{"type": "private", "uri": HOST}]},
            "destinations[0].type must be public: the double has no private destinations",
        ),
        ({"destinations": [{"type": "public"}]}, "destinations[0].uri must be a string"),
        (
            {"destinations": [{"type": "public", "cidr": "10.0.0.0/8"}]},
            "destinations[0] must be an object with type and uri; the double supports no other field",
        ),
        (
            {"session_duration": "8 hours"},
            "session_duration is invalid: '8 hours' is not a duration such as 8h or 1h30m",
        ),
        ({"session_duration": ""}, "session_duration is invalid: '' is not a duration such as 8h or 1h30m"),
        ({"session_duration": f"{'9' * 400}h"}, f"session_duration is invalid: '{'9' * 400}h' is too long"),
        ({"session_duration": 8}, "session_duration must be a string"),
        ({"same_site_cookie_attribute": "laxer"}, "same_site_cookie_attribute must be one of strict, lax, none"),
        ({"http_only_cookie_attribute": 1}, "http_only_cookie_attribute must be a boolean"),
        ({"allowed_idps": [ABSENT]}, f"allowed_idps: identity provider {ABSENT} does not exist"),
        ({"auto_redirect_to_identity": True}, "auto_redirect_to_identity needs exactly one entry in allowed_idps"),
        ({"policies": [ABSENT]}, f"policies[0].id {ABSENT} does not exist"),
        ({"policies": {"id": ABSENT}}, "policies must be an array"),
        (
            {"policies": [POLICY]},
            "policies[0] must be the id of a reusable policy, or an object with id and precedence",
        ),
        (
            {"policies": [{"id": ABSENT, "precedence": 0}]},
            "policies[0].precedence must be a whole number from 1 on",
        ),
        ({"options_preflight_bypass": True}, "options_preflight_bypass is not supported by the double"),
        ({"cors_headers": {"max_age": 5}}, "cors_headers is not supported by the double"),
        ({"colour": "red"}, "unknown or unsupported field colour"),
    ],
)
def test_an_application_is_refused(api: CloudflareApi, changes: dict[str, Any], message: str) -> None:
    assert refused_by_access(api, "apps", APP | changes) == message


def test_an_application_takes_no_two_policies_of_one_precedence_and_none_twice(api: CloudflareApi) -> None:
    first, second = api.made("access/policies", **POLICY)["id"], api.made("access/policies", **POLICY)["id"]
    same_place = [{"id": first, "precedence": 1}, {"id": second, "precedence": 1}]
    same_policy = [{"id": first, "precedence": 1}, {"id": first, "precedence": 2}]

    assert refused_by_access(api, "apps", APP | {"policies": same_place}) == "policy precedences must be unique"
    assert refused_by_access(api, "apps", APP | {"policies": same_policy}) == "policies must be unique"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "name is required"),
        ({"decision": None}, "decision is required"),
        ({"decision": "permit"}, "decision must be one of allow, deny, non_identity, bypass"),
        ({"include": None}, "include is required"),
        ({"include": []}, "include must have at least one rule"),
        ({"include": PERSON}, "include must be an array"),
        ({"session_duration": "soon"}, "session_duration is invalid: 'soon' is not a duration such as 8h or 1h30m"),
        ({"approval_required": True}, "approval_required is not supported by the double"),
        ({"precedence": 1}, "unknown or unsupported field precedence"),
        ({"decision": "bypass"}, "selector email needs an identity, which the decision bypass does not have"),
        (
            {"decision": "non_identity"},
            "selector email needs an identity, which the decision non_identity does not have",
        ),
        (
            {"include": [{"any_valid_service_token": {}}]},
            "selector any_valid_service_token needs the decision non_identity, not allow",
        ),
    ],
)
def test_a_policy_is_refused(api: CloudflareApi, changes: dict[str, Any], message: str) -> None:
    assert refused_by_access(api, "policies", POLICY | changes) == message


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("everyone", "must be an object with exactly one selector"),
        ({}, "must be an object with exactly one selector"),
        (PERSON | {"everyone": {}}, "must be an object with exactly one selector"),
        ({"horoscope": {"sign": "leo"}}, "has the unknown or unsupported selector horoscope"),
        ({"geo": {"country_code": "DE"}}, "has the unknown or unsupported selector geo"),
        ({"email": "ada@254carbon.com"}, ".email must be an object with email"),
        ({"email": {}}, ".email must be an object with email"),
        ({"everyone": {"but": "me"}}, ".everyone must be an object with no fields"),
        ({"email": {"email": ""}}, ".email.email must be a string that is not empty"),
        ({"email": {"email": "ada"}}, ".email.email ada is not an e-mail address"),
        ({"email_domain": {"domain": "@254carbon.com"}}, ".email_domain.domain @254carbon.com is not a domain"),
        ({"group": {"id": ABSENT}}, f".group.id {ABSENT} does not exist"),
        ({"service_token": {"token_id": ABSENT}}, f".service_token.token_id {ABSENT} does not exist"),
    ],
)
@pytest.mark.parametrize("label", ["include", "exclude", "require"])
def test_a_rule_is_refused_wherever_it_stands(api: CloudflareApi, label: str, rule: object, message: str) -> None:
    rules = {"include": [PERSON], label: [{"everyone": {}}, rule]}
    gap = "" if message.startswith(".") else " "

    assert refused_by_access(api, "policies", POLICY | rules) == f"{label}[1]{gap}{message}"
    assert refused_by_access(api, "groups", {"name": "team"} | rules) == f"{label}[1]{gap}{message}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"include": [PERSON]}, "name is required"),
        ({"name": "team", "include": []}, "include must have at least one rule"),
        ({"name": "team", "include": [PERSON], "is_default": True}, "is_default is not supported by the double"),
    ],
)
def test_a_group_is_refused(api: CloudflareApi, body: dict[str, Any], message: str) -> None:
    assert refused_by_access(api, "groups", body) == message


def test_a_group_cannot_be_a_part_of_itself_through_another(api: CloudflareApi) -> None:
    inner = api.made("access/groups", name="inner", include=[PERSON])["id"]
    outer = api.made("access/groups", name="outer", include=[{"group": {"id": inner}}])["id"]
    body = {"name": "inner", "include": [PERSON], "exclude": [{"group": {"id": outer}}]}

    assert refused(api, "PUT", api.path(f"access/groups/{inner}"), body) == (
        12130,
        "access.api.error.invalid_request: exclude makes the group a part of itself",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "name is required"),
        ({"name": ""}, "name must not be empty"),
        ({"name": "ci", "duration": "a year"}, "duration is invalid: 'a year' is not a duration such as 8h or 1h30m"),
        ({"name": "ci", "duration": "0s"}, "duration must be longer than nothing"),
        ({"name": "ci", "duration": "99999999999h"}, "duration is invalid: '99999999999h' is too long"),
        ({"name": "ci", "duration": "99999999h"}, "duration is invalid: 99999999h is too long"),
        ({"name": "ci", "client_secret_version": "2"}, "client_secret_version must be a number"),
        ({"name": "ci", "client_secret_version": 1.5}, "client_secret_version must be a whole number from 1 on"),
        (
            {"name": "ci", "previous_client_secret_expires_at": "tomorrow"},
            f"previous_client_secret_expires_at is invalid: 'tomorrow' {NO_TIME}",
        ),
        (
            {"name": "ci", "previous_client_secret_expires_at": "2026-13-01T00:00:00Z"},
            "previous_client_secret_expires_at is invalid: month must be in 1..12",
        ),
        ({"name": "ci", "client_secret": "mine"}, "unknown or unsupported field client_secret"),
    ],
)
def test_a_service_token_is_refused(api: CloudflareApi, body: dict[str, Any], message: str) -> None:
    assert refused_by_access(api, "service_tokens", body) == message


@pytest.mark.parametrize("version", [1, 4])
def test_the_version_of_a_secret_goes_up_by_one(api: CloudflareApi, version: int) -> None:
    token = api.made("access/service_tokens", name="ci", client_secret_version=2)
    wanted = {"client_secret_version": version}

    assert refused(api, "PUT", api.path(f"access/service_tokens/{token['id']}"), wanted) == (
        12130,
        "access.api.error.invalid_request: client_secret_version must be 2, or 3 to rotate the secret",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "onetimepin", "config": {}}, "name is required"),
        ({"name": "code", "config": {}}, "type is required"),
        ({"name": "code", "type": "github", "config": {}}, "type is not supported by the double"),
        ({"name": "code", "type": "onetimepin", "config": {"a": 1}}, "config is not supported by the double"),
    ],
)
def test_an_identity_provider_is_refused(api: CloudflareApi, body: dict[str, Any], message: str) -> None:
    assert refused_by_access(api, "identity_providers", body) == message


def test_what_is_refused_leaves_no_trace(api: CloudflareApi) -> None:
    made = api.made("access/policies", **POLICY)
    before = api.store.all("policies", api.account_id)

    api.ask("PUT", api.path(f"access/policies/{made['id']}"), POLICY | {"decision": "permit"})
    api.ask("POST", api.path("access/policies"), POLICY | {"decision": "permit"})

    assert api.store.all("policies", api.account_id) == before
