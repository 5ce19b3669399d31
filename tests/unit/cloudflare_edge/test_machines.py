"""Service tokens at the edge: good, wrong, revoked, rotated, and what a client without one is told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cloudflare_edge.material import HOST, TEAM
from tests.unit.cloudflare_edge.running import ALLOWED, Cloudflare

if TYPE_CHECKING:
    import httpx

CLIENT = {"accept": "*/*"}


@pytest.fixture
def token(edge: Cloudflare) -> dict[str, Any]:
    return make_token(edge)


def make_token(edge: Cloudflare, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = edge.access("POST", "service_tokens", name="ci", **fields)
    return made


def machines(edge: Cloudflare, token: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An application that lets in one person and one service token."""
    person = edge.policy("allow", {"email": {"email": ALLOWED}})
    machine = edge.policy("non_identity", {"service_token": {"token_id": token["id"]}}, session_duration="1h")
    return edge.application(person, machine, **fields)


def credentials(token: dict[str, Any], secret: str = "") -> dict[str, str]:
    return {"CF-Access-Client-Id": token["client_id"], "CF-Access-Client-Secret": secret or token["client_secret"]}


def call(edge: Cloudflare, headers: dict[str, str] | list[tuple[str, str]]) -> httpx.Response:
    with edge.browser() as client:
        del client.headers["accept"]
        return client.post(f"{edge.url}/api/2.0/mlflow/runs/create", headers=headers, json={})


def test_a_service_token_gets_in(edge: Cloudflare, token: dict[str, Any]) -> None:
    application = machines(edge, token)
    assert call(edge, credentials(token)).text == "hello from the origin"
    claims = edge.assertion(application["aud"])
    assert claims["common_name"] == token["client_id"]
    assert claims["sub"] == ""
    assert claims["iss"] == f"https://{TEAM}"
    assert set(claims) == {"type", "aud", "exp", "iss", "common_name", "iat", "sub"}
    assert edge.last().header("cf-access-authenticated-user-email") is None


def test_neither_half_of_a_service_token_reaches_the_origin(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token)
    call(edge, credentials(token))
    assert edge.last().header("cf-access-client-id") is None
    assert edge.last().header("cf-access-client-secret") is None


def test_a_service_token_gets_a_cookie_to_go_on_with(edge: Cloudflare, token: dict[str, Any]) -> None:
    application = machines(edge, token)
    cookie = call(edge, credentials(token)).cookies["CF_Authorization"]
    assert call(edge, {"cookie": f"CF_Authorization={cookie}"}).status_code == 200
    assert edge.assertion(application["aud"])["common_name"] == token["client_id"]
    edge.control("clock", {"advance": 3600})
    assert call(edge, CLIENT | {"cookie": f"CF_Authorization={cookie}"}).status_code == 302
    assert call(edge, credentials(token)).status_code == 200


def test_every_token_gets_in_where_any_valid_one_does(edge: Cloudflare, token: dict[str, Any]) -> None:
    edge.application(edge.policy("non_identity", {"any_valid_service_token": {}}))
    assert call(edge, credentials(token)).status_code == 200


@pytest.mark.parametrize(("strict", "status"), [(False, 403), (True, 401)])
def test_a_wrong_secret_is_refused(edge: Cloudflare, token: dict[str, Any], strict: bool, status: int) -> None:  # noqa: FBT001 - a parameter of the test
    machines(edge, token, service_auth_401_redirect=strict)
    response = call(edge, credentials(token, "0" * 64))
    assert response.status_code == status
    assert "CF_Authorization" not in response.cookies
    assert not edge.upstream.arrived


def test_a_refused_token_is_told_in_plain_text_where_401_is_asked_for(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token, service_auth_401_redirect=True)
    response = call(edge, credentials(token, "wrong"))
    assert response.headers["www-authenticate"] == "Cloudflare-Access"
    assert response.headers["content-type"].startswith("text/plain")


def test_a_token_that_is_there_twice_or_by_half_is_refused(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token)
    good = credentials(token)
    name, secret = good.items()
    for headers in ([name], [secret], [name, secret, secret], [name, name, secret]):
        assert call(edge, headers).status_code == 403


def test_a_good_cookie_does_not_help_a_wrong_token(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token)
    with edge.browser() as browser:
        edge.log_in(browser)
        assert browser.get(edge.url).status_code == 200
        assert browser.get(edge.url, headers=credentials(token, "wrong")).status_code == 403


def test_a_token_that_no_policy_names_is_refused(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token)
    assert call(edge, credentials(make_token(edge))).status_code == 403


def test_a_service_token_is_no_person(edge: Cloudflare, token: dict[str, Any]) -> None:
    edge.application(edge.policy("allow", {"everyone": {}}))
    assert call(edge, credentials(token)).status_code == 403


def test_a_revoked_token_and_its_cookie_stop_working(edge: Cloudflare, token: dict[str, Any]) -> None:
    edge.application(edge.policy("non_identity", {"any_valid_service_token": {}}))
    cookie = call(edge, credentials(token)).cookies["CF_Authorization"]
    edge.access("DELETE", f"service_tokens/{token['id']}")
    assert call(edge, credentials(token)).status_code == 403
    assert call(edge, {"cookie": f"CF_Authorization={cookie}"}).status_code == 403


def test_a_token_that_is_turned_off_stops_working(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token)
    edge.access("PUT", f"service_tokens/{token['id']}", name="ci", enabled=False)
    assert call(edge, credentials(token)).status_code == 403
    edge.access("PUT", f"service_tokens/{token['id']}", name="ci", enabled=True)
    assert call(edge, credentials(token)).status_code == 200


def test_an_expired_token_stops_working(edge: Cloudflare) -> None:
    token = make_token(edge, duration="1ms")
    machines(edge, token)
    assert call(edge, credentials(token)).status_code == 403


def test_a_token_may_live_forever(edge: Cloudflare) -> None:
    token = make_token(edge, duration="forever")
    machines(edge, token)
    assert call(edge, credentials(token)).status_code == 200


@pytest.mark.parametrize(("end", "status"), [(dt.timedelta(hours=1), 200), (dt.timedelta(hours=-1), 403), (None, 403)])
def test_a_rotated_secret_works_until_its_end(
    edge: Cloudflare, token: dict[str, Any], end: dt.timedelta | None, status: int
) -> None:
    machines(edge, token)
    fields = {} if end is None else {"previous_client_secret_expires_at": (dt.datetime.now(dt.UTC) + end).isoformat()}
    path = f"service_tokens/{token['id']}"
    rotated = edge.access("PUT", path, name="ci", client_secret_version=2, **fields)
    assert call(edge, credentials(rotated)).status_code == 200
    assert call(edge, credentials(token)).status_code == status


@pytest.mark.parametrize(("strict", "status"), [(False, 403), (True, 401)])
def test_nobody_is_sent_to_log_in_where_only_machines_get_in(
    edge: Cloudflare,
    token: dict[str, Any],
    strict: bool,  # noqa: FBT001 - a parameter of the test
    status: int,
) -> None:
    policy = edge.policy("non_identity", {"service_token": {"token_id": token["id"]}})
    edge.application(policy, service_auth_401_redirect=strict)
    assert edge.get().status_code == status


def test_a_client_without_token_gets_401_where_the_application_says_so(edge: Cloudflare, token: dict[str, Any]) -> None:
    machines(edge, token, service_auth_401_redirect=True)
    response = call(edge, CLIENT)
    assert response.status_code == 401
    assert response.text == "Unauthorized\n"


def test_bypassed_requests_pass_without_an_assertion(edge: Cloudflare) -> None:
    edge.application(edge.policy("bypass", {"everyone": {}}))
    assert edge.get(cf_access_jwt_assertion="forged").status_code == 200
    assert edge.last().header("cf-access-jwt-assertion") is None
    assert edge.last().header("host") == HOST
