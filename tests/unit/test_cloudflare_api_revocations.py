"""Ending sessions by the double's API, driven by Cloudflare's own Python client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cloudflare import BadRequestError, Cloudflare, NotFoundError, PermissionDeniedError

from tests.cloudflare_double import CloudflareApi, cloudflare_api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.cloudflare_double.sessions import Session

ADA, GRACE = "ada@254carbon.com", "grace@254carbon.com"
APP: dict[str, Any] = {"type": "self_hosted", "name": "MLflow", "domain": "mlflow.254carbon.com"}
OTHER = APP | {"name": "other", "domain": "other.254carbon.com"}
POWERLESS = {"reads-everything": ["read"], "reads-access": ["access:read"], "writes-dns": ["dns:write"]}
TOKENS = {"may-revoke": ["access:revoke"], **POWERLESS}
ZONES = {"c" * 32: "example.com"}
EVERY = {"ada", "grace", "ada elsewhere"}
NOT_FOUND = r"12135.*access\.api\.error\.not_found"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[CloudflareApi]:
    with cloudflare_api(tmp_path, tokens=TOKENS, zones=ZONES) as served:
        yield served


@pytest.fixture
def app(api: CloudflareApi) -> dict[str, Any]:
    made: dict[str, Any] = api.made("access/apps", **APP)
    return made


@pytest.fixture
def begun(api: CloudflareApi, app: dict[str, Any]) -> dict[str, Session]:
    """The sessions of two people at an application, and of one of them at another."""
    other = api.made("access/apps", **OTHER)
    return {
        "ada": api.sessions.start(ADA, app["aud"], 3600),
        "grace": api.sessions.start(GRACE, app["aud"], 3600),
        "ada elsewhere": api.sessions.start(ADA, other["aud"], 3600),
    }


def client(api: CloudflareApi, token: str = "") -> Cloudflare:
    return Cloudflare(api_token=token or api.token, base_url=api.base_url, max_retries=0)


def going_on(api: CloudflareApi, begun: dict[str, Session]) -> set[str]:
    return {name for name, session in begun.items() if api.sessions.find(session.identifier, session.audience)}


@pytest.mark.parametrize("token", ["", "may-revoke"])
def test_revoking_an_applications_tokens_ends_every_session_there_and_no_other(
    api: CloudflareApi, app: dict[str, Any], begun: dict[str, Session], token: str
) -> None:
    with client(api, token) as cloudflare:
        answer = cloudflare.zero_trust.access.applications.revoke_tokens(app["id"], account_id=api.account_id)

    assert answer == {}
    assert going_on(api, begun) == {"ada elsewhere"}


def test_an_applications_tokens_are_revoked_by_way_of_its_zone_too(
    api: CloudflareApi, app: dict[str, Any], begun: dict[str, Session]
) -> None:
    with client(api) as cloudflare:
        cloudflare.zero_trust.access.applications.revoke_tokens(app["id"], zone_id=api.zone_id)

    assert going_on(api, begun) == {"ada elsewhere"}


def test_a_zone_has_no_say_in_an_application_with_a_host_elsewhere(api: CloudflareApi) -> None:
    hosts = ["mlflow.254carbon.com", "mlflow.example.com"]
    app = api.made("access/apps", **APP, self_hosted_domains=hosts)
    begun = {"ada": api.sessions.start(ADA, app["aud"], 3600)}
    with client(api) as cloudflare:
        for zone in (api.zone_id, *ZONES):
            with pytest.raises(NotFoundError, match=NOT_FOUND):
                cloudflare.zero_trust.access.applications.revoke_tokens(app["id"], zone_id=zone)

    assert going_on(api, begun) == {"ada"}


@pytest.mark.parametrize("token", ["", "may-revoke"])
def test_revoking_a_person_ends_their_sessions_everywhere_and_nobody_elses(
    api: CloudflareApi, begun: dict[str, Session], token: str
) -> None:
    with client(api, token) as cloudflare:
        answer = cloudflare.zero_trust.organizations.revoke_users(account_id=api.account_id, email="Ada@254carbon.com")

    assert answer is True
    assert going_on(api, begun) == {"grace"}


def test_what_asks_for_no_more_than_the_double_does_is_taken(api: CloudflareApi, begun: dict[str, Session]) -> None:
    with client(api) as cloudflare:
        cloudflare.zero_trust.organizations.revoke_users(
            account_id=api.account_id, email=GRACE, query_devices=False, body_devices=False, warp_session_reauth=False
        )

    assert going_on(api, begun) == {"ada", "ada elsewhere"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"query_devices": True}, "unknown or unsupported query parameter devices"),
        ({"extra_query": {"device": "false"}}, "unknown or unsupported query parameter device"),
        ({"body_devices": True}, "devices is not supported by the double"),
        ({"user_uid": "00000000-0000-0000-0000-000000000000"}, "user_uid is not supported by the double"),
        ({"warp_session_reauth": True}, "warp_session_reauth is not supported by the double"),
        ({"extra_body": {"reason": "left"}}, "unknown or unsupported field reason"),
        ({"extra_body": {"email": None}}, "email is required"),
        ({"extra_body": {"email": "ada"}}, "email ada is not an e-mail address"),
    ],
)
def test_what_the_double_cannot_do_is_refused_and_ends_nothing(
    api: CloudflareApi, begun: dict[str, Session], fields: dict[str, Any], problem: str
) -> None:
    with client(api) as cloudflare, pytest.raises(BadRequestError, match=problem):
        cloudflare.zero_trust.organizations.revoke_users(account_id=api.account_id, email=ADA, **fields)

    assert going_on(api, begun) == EVERY


def test_revoking_an_applications_tokens_takes_no_fields(
    api: CloudflareApi, app: dict[str, Any], begun: dict[str, Session]
) -> None:
    answer = api.ask("POST", api.path(f"access/apps/{app['id']}/revoke_tokens"), {"email": ADA})

    assert answer.status_code == 400
    assert going_on(api, begun) == EVERY


def test_somebody_without_a_session_and_an_application_that_is_not_there_are_not_found(
    api: CloudflareApi, begun: dict[str, Session]
) -> None:
    with client(api) as cloudflare:
        with pytest.raises(NotFoundError, match=NOT_FOUND):
            cloudflare.zero_trust.organizations.revoke_users(account_id=api.account_id, email="eda@254carbon.com")
        with pytest.raises(NotFoundError, match=NOT_FOUND):
            cloudflare.zero_trust.access.applications.revoke_tokens("absent", account_id=api.account_id)

    assert going_on(api, begun) == EVERY


@pytest.mark.parametrize("token", POWERLESS)
def test_a_token_without_the_right_ends_nothing(
    api: CloudflareApi, app: dict[str, Any], begun: dict[str, Session], token: str
) -> None:
    with client(api, token) as cloudflare:
        with pytest.raises(PermissionDeniedError, match="Authentication error"):
            cloudflare.zero_trust.organizations.revoke_users(account_id=api.account_id, email=ADA)
        with pytest.raises(PermissionDeniedError, match="Authentication error"):
            cloudflare.zero_trust.access.applications.revoke_tokens(app["id"], account_id=api.account_id)
        with pytest.raises(PermissionDeniedError, match="Authentication error"):
            cloudflare.zero_trust.access.applications.revoke_tokens(app["id"], zone_id=api.zone_id)

    assert going_on(api, begun) == EVERY


@pytest.mark.parametrize(("method", "path"), [("GET", "access/apps"), ("POST", "access/groups")])
def test_a_token_that_may_revoke_does_nothing_else(api: CloudflareApi, method: str, path: str) -> None:
    assert api.ask(method, api.path(path), {}, token="may-revoke").status_code == 403  # noqa: S106


def test_the_answers_have_the_envelope_and_the_documented_status(
    api: CloudflareApi, app: dict[str, Any], begun: dict[str, Session]
) -> None:
    person = api.ask("POST", api.path("access/organizations/revoke_user"), {"email": ADA})
    everybody = api.ask("POST", api.path(f"access/apps/{app['id']}/revoke_tokens"))

    envelope = {"success": True, "errors": [], "messages": []}
    assert (person.status_code, person.json()) == (200, envelope | {"result": True})
    assert (everybody.status_code, everybody.json()) == (202, envelope | {"result": {}})
    assert going_on(api, begun) == set()
