"""People at the edge: sent to log in, let in, and turned away."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from tests.unit.cloudflare_edge.material import HOST, TEAM
from tests.unit.cloudflare_edge.running import ALLOWED, Cloudflare, csrf

HOURS = 3600
CODE = "/cdn-cgi/access/authorized?code="


def set_cookie(response: httpx.Response, name: str) -> set[str]:
    """The attributes of a cookie that a response sets, in lower case."""
    [found] = [value for value in response.headers.get_list("set-cookie") if value.startswith(f"{name}=")]
    return {part.strip().lower() for part in found.split(";")[1:]}


def begin(edge: Cloudflare, browser: httpx.Client, path: str = "/") -> httpx.Response:
    """Goes as far as the login page."""
    return browser.get(browser.get(edge.url + path).headers["location"])


def submit(page: httpx.Response, browser: httpx.Client, **fields: str) -> httpx.Response:
    return browser.post(page.url, data={"csrf": csrf(page), "email": ALLOWED} | fields)


def test_a_stranger_is_sent_to_the_team_domain(edge: Cloudflare) -> None:
    application = edge.people()
    response = edge.get("/experiments?a=1")
    assert response.status_code == 302
    location = urlsplit(response.headers["location"])
    assert location.netloc == f"{TEAM}:{edge.edge_port}"
    assert location.path == f"/cdn-cgi/access/login/{HOST}"
    query = parse_qs(location.query)
    assert query["kid"] == [application["aud"]]
    assert query["redirect_url"] == ["/experiments?a=1"]
    assert not edge.upstream.arrived


def test_the_login_page_is_found_by_a_browsers_test(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    page = begin(edge, browser)
    assert page.status_code == 200
    assert "<title>Log in · MLflow</title>" in page.text
    for identifier in ("login", "login-form", "email", "continue"):
        assert f'id="{identifier}"' in page.text


def test_an_allowed_person_gets_in_and_back_to_where_they_wanted(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    answer = edge.log_in(browser, path="/experiments/1?tab=%2Fx")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{edge.url}/experiments/1?tab=%2Fx"
    assert browser.get(answer.headers["location"]).text == "hello from the origin"
    assert edge.last().target == "/experiments/1?tab=%2Fx"
    assert edge.last().header("host") == HOST
    assert edge.last().header("cf-access-authenticated-user-email") == ALLOWED
    claims = edge.assertion(application["aud"])
    assert claims["email"] == ALLOWED
    assert claims["type"] == "app"
    assert claims["aud"] == [application["aud"]]
    assert claims["nbf"] <= claims["iat"] < claims["exp"] <= claims["iat"] + 60
    assert set(claims) == {
        *("aud", "email", "exp", "iat", "nbf", "iss", "type", "identity_nonce", "sub", "country"),
    }


def test_every_request_gets_an_assertion_of_its_own(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    edge.log_in(browser)
    browser.get(edge.url)
    first = edge.assertion(application["aud"])
    time.sleep(1.1)  # Its times are in whole seconds.
    browser.get(edge.url)
    assert edge.assertion(application["aud"])["iat"] > first["iat"]
    assert edge.assertion(application["aud"])["sub"] == first["sub"]


def test_the_session_cookie_has_the_attributes_of_the_application(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people(http_only_cookie_attribute=True, same_site_cookie_attribute="lax", session_duration="24h")
    attributes = set_cookie(edge.log_in(browser), "CF_Authorization")
    assert attributes == {"httponly", "secure", "samesite=lax", "path=/", f"max-age={8 * HOURS}"}


def test_an_application_may_choose_a_cookie_for_scripts_and_other_sites(
    edge: Cloudflare, browser: httpx.Client
) -> None:
    edge.people(http_only_cookie_attribute=False)
    attributes = set_cookie(edge.log_in(browser), "CF_Authorization")
    assert "httponly" not in attributes
    assert "samesite=none" in attributes


def test_the_cookie_is_a_token_that_lives_as_long_as_the_session(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    edge.log_in(browser)
    claims = jwt.decode(browser.cookies["CF_Authorization"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 8 * HOURS


def test_what_ties_a_login_to_a_browser_is_kept_from_scripts(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    sent = browser.get(edge.url)
    assert set_cookie(sent, "CF_AppSession") >= {"httponly", "secure", "path=/"}
    assert set_cookie(browser.get(sent.headers["location"]), "CF_Session") >= {"httponly", "secure", "path=/"}


def test_another_person_is_denied(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    answer = edge.log_in(browser, "eve@example.com")
    assert answer.status_code == 403
    assert '<h1 id="denied">That account does not have access.</h1>' in answer.text
    assert "eve@example.com" in answer.text
    assert "CF_Authorization" not in browser.cookies
    assert not edge.upstream.arrived


def test_the_denial_is_in_the_applications_own_words(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people(custom_deny_message="Ask <the> team.")
    assert "Ask &lt;the&gt; team." in edge.log_in(browser, "eve@example.com").text


@pytest.mark.parametrize("email", ["", "ada", "ada@example", "a da@example.com", "ada@example.com\r\nx: y", "é@x.com"])
def test_what_is_no_email_is_asked_for_again(edge: Cloudflare, browser: httpx.Client, email: str) -> None:
    edge.people()
    answer = submit(begin(edge, browser), browser, email=email)
    assert answer.status_code == 400
    assert 'id="problem"' in answer.text


def test_an_email_counts_in_any_case(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    assert edge.log_in(browser, " Ada@Example.COM ").status_code == 302
    browser.get(edge.url)
    assert edge.last().header("cf-access-authenticated-user-email") == ALLOWED


def test_a_person_who_is_removed_between_code_and_session_is_denied(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    back = submit(begin(edge, browser), browser).headers["location"]
    policy = application["policies"][0]["id"]
    edge.access(
        "PUT", f"policies/{policy}", name="x", decision="allow", include=[{"email": {"email": "b@example.com"}}]
    )
    assert browser.get(back).status_code == 403


@pytest.mark.parametrize("cookie", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ0eXBlIjoiYXBwIn0."])
def test_a_cookie_that_nobody_signed_is_worth_nothing(edge: Cloudflare, cookie: str) -> None:
    edge.people()
    assert edge.get(cookie=f"CF_Authorization={cookie}").status_code == 302


def test_logging_out_ends_the_session_everywhere(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    edge.log_in(browser)
    stolen = browser.cookies["CF_Authorization"]
    answer = browser.get(f"{edge.url}/cdn-cgi/access/logout")
    assert 'id="logged-out"' in answer.text
    assert "max-age=0" in set_cookie(answer, "CF_Authorization")
    assert browser.get(edge.url).status_code == 302
    assert edge.get(cookie=f"CF_Authorization={stolen}").status_code == 302


def test_a_stranger_may_log_out_too(edge: Cloudflare) -> None:
    edge.people()
    assert edge.get("/cdn-cgi/access/logout").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"x_requested_with": "XMLHttpRequest"}, {"accept": "application/json"}, {"accept": "application/json, */*"}],
)
def test_a_script_gets_401_instead_of_a_login_page(edge: Cloudflare, headers: dict[str, str]) -> None:
    edge.people()
    response = edge.get("/api/2.0/mlflow/experiments/search", **headers)
    assert response.status_code == 401
    assert "html" not in response.headers["content-type"]


def test_a_client_gets_a_login_page_only_where_the_application_says_so(edge: Cloudflare) -> None:
    application = edge.people()
    assert edge.get(accept="*/*").status_code == 302
    policies = [application["policies"][0]["id"]]
    body = {"type": "self_hosted", "name": "MLflow", "domain": HOST, "policies": policies}
    edge.access("PUT", f"apps/{application['id']}", **body, service_auth_401_redirect=True)
    assert edge.get(accept="*/*").status_code == 401
    assert edge.get().status_code == 302


def test_a_code_works_once(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    back = submit(begin(edge, browser), browser).headers["location"]
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 400


def test_a_code_works_in_the_browser_that_began_the_login_only(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    back = submit(begin(edge, browser), browser).headers["location"]
    with edge.browser() as victim:
        begin(edge, victim)
        answer = victim.get(back)
    assert answer.status_code == 400
    assert "CF_Authorization" not in answer.cookies


@pytest.mark.parametrize("code", ["", "guessed"])
def test_a_code_that_nobody_gave_is_refused(edge: Cloudflare, browser: httpx.Client, code: str) -> None:
    edge.people()
    begin(edge, browser)
    assert browser.get(edge.url + CODE + code).status_code == 400


def test_a_code_is_for_its_application_only(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    other = HOST.replace("mlflow", "other")
    edge.record(name=other)
    edge.access("POST", "apps", type="self_hosted", name="o", domain=other, policies=[application["policies"][0]["id"]])
    back = submit(begin(edge, browser), browser).headers["location"]
    nonce = browser.cookies["CF_AppSession"]
    answer = browser.get(back.replace(HOST, other), headers={"cookie": f"CF_AppSession={nonce}"})
    assert answer.status_code == 400


def test_a_login_that_the_edge_did_not_begin_is_refused(edge: Cloudflare, browser: httpx.Client) -> None:
    application = edge.people()
    forged = jwt.encode(
        {"host": HOST, "aud": application["aud"], "path": "//evil.example", "browser": "x", "exp": time.time() + 60},
        "guessed" * 8,
    )
    query = {"kid": application["aud"], "redirect_url": "//evil.example", "meta": forged}
    for given in (query, {"kid": application["aud"]}, {}):
        answer = browser.get(f"{edge.team_url}/cdn-cgi/access/login/{HOST}", params=given)
        assert answer.status_code == 400
        assert 'id="error"' in answer.text


def test_a_login_is_for_the_host_in_its_address(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    location = browser.get(edge.url).headers["location"]
    assert browser.get(location.replace(f"login/{HOST}", "login/evil.example")).status_code == 400


def test_a_form_from_elsewhere_is_refused(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    page = begin(edge, browser)
    assert submit(page, browser, csrf="guessed").status_code == 400
    assert submit(page, browser, csrf="").status_code == 400
    with edge.browser() as victim:
        assert submit(page, victim).status_code == 400


def test_a_form_without_end_is_refused(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    assert submit(begin(edge, browser), browser, padding="x" * 20_000).status_code == 400


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%2F%2Fevil.example"])
def test_no_path_leads_to_another_host(edge: Cloudflare, browser: httpx.Client, path: str) -> None:
    edge.people()
    location = httpx.URL(edge.log_in(browser, path=path).headers["location"])
    assert location.host == HOST


def test_the_address_cannot_choose_where_a_login_leads(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    location = httpx.URL(browser.get(edge.url).headers["location"])
    page = browser.get(location.copy_set_param("redirect_url", "https://evil.example/"))
    back = browser.get(submit(page, browser).headers["location"])
    assert back.headers["location"] == f"{edge.url}/"


def test_two_tabs_log_in_side_by_side(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    pages = [begin(edge, browser, path) for path in ("/one", "/two")]
    answers = [browser.get(submit(page, browser).headers["location"]) for page in pages]
    assert [answer.headers["location"] for answer in answers] == [f"{edge.url}/one", f"{edge.url}/two"]


def test_a_very_long_address_leads_to_the_front_page(edge: Cloudflare, browser: httpx.Client) -> None:
    edge.people()
    assert edge.log_in(browser, path="/" + "x" * 5_000).headers["location"] == f"{edge.url}/"
