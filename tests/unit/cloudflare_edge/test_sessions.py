"""Sessions at the edge: how long they let in, and what ends them before their time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cloudflare_edge.material import ACCOUNT, HOST, ZONE_ID
from tests.unit.cloudflare_edge.running import ALLOWED, Cloudflare, cloudflare, state

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

HOURS = 3600
GRACE = "grace@example.com"
OTHER = HOST.replace("mlflow", "other")


def anybody(edge: Cloudflare) -> dict[str, Any]:
    """An application that lets in everybody who has logged in."""
    return edge.application(edge.policy("allow", {"everyone": {}}, session_duration="8h"))


def remove(edge: Cloudflare, application: dict[str, Any]) -> None:
    """Takes the one person whom an application lets in out of its policy."""
    include = [{"email": {"email": GRACE}}]
    policy = application["policies"][0]["id"]
    edge.access("PUT", f"policies/{policy}", name="people", decision="allow", include=include)


def logged_in(edge: Cloudflare, email: str) -> dict[str, str]:
    """The cookie of somebody who has just logged in."""
    with edge.browser() as browser:
        edge.log_in(browser, email)
        return {"cookie": f"CF_Authorization={browser.cookies['CF_Authorization']}"}


def test_a_session_ends_with_its_life(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    edge.log_in(browser)
    assert edge.control("clock", {"advance": 8 * HOURS - 60}).is_success
    assert browser.get(edge.url).status_code == 200
    assert edge.control("clock", {"advance": 61}).is_success
    assert browser.get(edge.url).headers["location"].startswith(f"{edge.team_url}/cdn-cgi/access/login/")
    edge.log_in(browser)
    assert browser.get(edge.url).status_code == 200


def test_a_removed_person_is_let_in_until_the_session_ends_and_then_denied(
    edge: Cloudflare, browser: httpx.Client
) -> None:
    application = edge.people()
    edge.log_in(browser)
    remove(edge, application)
    assert browser.get(edge.url).status_code == 200
    assert edge.assertion(application["aud"])["email"] == ALLOWED
    edge.control("clock", {"advance": 8 * HOURS})
    assert browser.get(edge.url).headers["location"].startswith(f"{edge.team_url}/cdn-cgi/access/login/")
    denied = edge.log_in(browser)
    assert denied.status_code == 403
    assert 'id="denied"' in denied.text


def test_a_session_goes_on_where_people_are_blocked_later(edge: Cloudflare) -> None:
    application = edge.people()
    cookie = logged_in(edge, ALLOWED)
    body = {"type": "self_hosted", "name": "MLflow", "domain": HOST}
    edge.access("PUT", f"apps/{application['id']}", **body, policies=[edge.policy("deny", {"everyone": {}})])
    assert edge.get(**cookie).status_code == 200


def test_a_session_survives_a_restart_and_a_rotation(tmp_path: Path) -> None:
    with cloudflare(tmp_path) as first, first.browser() as browser:
        first.people()
        first.log_in(browser)
        cookie = browser.cookies["CF_Authorization"]
    assert (tmp_path / "sessions.json").stat().st_mode & 0o777 == 0o600
    with cloudflare(tmp_path) as second:
        second.control("keys/rotate")
        assert second.get(cookie=f"CF_Authorization={cookie}").status_code == 200


def test_a_cookie_whose_key_is_gone_is_worth_nothing(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    edge.log_in(browser)
    edge.control("keys/rotate")
    edge.control("keys/rotate")
    assert browser.get(edge.url).status_code == 302


def test_a_cookie_of_another_application_is_worth_nothing(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    edge.log_in(browser)
    edge.access("DELETE", f"apps/{application['id']}")
    edge.access(
        "POST", "apps", type="self_hosted", name="new", domain=HOST, policies=[application["policies"][0]["id"]]
    )
    assert browser.get(edge.url).status_code == 302


def test_revoking_a_person_ends_the_session_at_once(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    edge.log_in(browser)
    remove(edge, application)
    assert edge.access("POST", "organizations/revoke_user", email=ALLOWED) is True
    assert browser.get(edge.url).status_code == 302
    assert edge.log_in(browser).status_code == 403


def test_revoking_a_person_ends_the_sessions_of_nobody_else(edge: Cloudflare) -> None:
    anybody(edge)
    ada, grace = logged_in(edge, ALLOWED), logged_in(edge, GRACE)
    edge.access("POST", "organizations/revoke_user", email=ALLOWED.upper())
    assert edge.get(**ada).status_code == 302
    assert edge.get(**grace).status_code == 200


def test_a_revoked_person_whom_a_policy_lets_in_logs_in_again(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    before = logged_in(edge, ALLOWED)
    edge.access("POST", "organizations/revoke_user", email=ALLOWED)
    edge.log_in(browser)
    assert browser.get(edge.url).status_code == 200
    assert edge.get(**before).status_code == 302


@pytest.mark.parametrize("scope", [f"accounts/{ACCOUNT}", f"zones/{ZONE_ID}"])
def test_revoking_an_applications_tokens_ends_everybodys_sessions_there_and_nowhere_else(
    edge: Cloudflare, browser: httpx.Client, scope: str
) -> None:
    application = anybody(edge)
    ada, grace = logged_in(edge, ALLOWED), logged_in(edge, GRACE)
    edge.record(name=OTHER)
    policies = [application["policies"][0]["id"]]
    edge.access("POST", "apps", type="self_hosted", name="other", domain=OTHER, policies=policies)
    edge.log_in(browser, host=OTHER)
    assert edge.api("POST", f"{scope}/access/apps/{application['id']}/revoke_tokens") == {}
    assert [edge.get(**cookie).status_code for cookie in (ada, grace)] == [302, 302]
    assert browser.get(edge.at(OTHER)).status_code == 200


def test_a_service_tokens_revoked_cookie_stays_revoked_when_the_token_is_shown_again(edge: Cloudflare) -> None:
    token = edge.access("POST", "service_tokens", name="ci")
    application = edge.application(edge.policy("non_identity", {"any_valid_service_token": {}}))
    shown = {"cf_access_client_id": token["client_id"], "cf_access_client_secret": token["client_secret"]}

    def cookie() -> dict[str, str]:
        return {"cookie": f"CF_Authorization={edge.get(**shown).cookies['CF_Authorization']}"}

    revoked = cookie()
    edge.access("POST", f"apps/{application['id']}/revoke_tokens")
    assert edge.get(**revoked).status_code == 403
    time.sleep(1.1)  # A token tells its time in whole seconds.
    assert edge.get(**cookie()).status_code == 200
    assert edge.get(**revoked).status_code == 403


def test_a_session_of_a_state_from_before_still_lets_in(tmp_path: Path) -> None:
    with cloudflare(tmp_path) as first:
        first.people()
        cookie = logged_in(first, ALLOWED)
    stored = state(tmp_path, "sessions.json")
    for session in stored:
        del session["since"]
    (tmp_path / "sessions.json").write_text(json.dumps(stored))
    with cloudflare(tmp_path) as second:
        assert second.get(**cookie).status_code == 200
