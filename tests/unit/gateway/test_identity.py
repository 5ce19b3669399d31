"""What MLflow is told about who asks: what the assertion says, and nothing that a client wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.assertions import HEADER, PERSON
from tests.attacks import FORGED
from tests.unit.gateway.running import HOST

if TYPE_CHECKING:
    from tests.assertions import Signer
    from tests.unit.gateway.running import Gateway


def test_a_person_gets_through_with_the_verified_address(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get("/ajax-api/2.0/mlflow/experiments/search?max_results=1", key.sign())

    assert answer.seen["path"] == "/ajax-api/2.0/mlflow/experiments/search?max_results=1"
    assert answer.sent("Cf-Access-Authenticated-User-Email") == [PERSON]
    assert answer.sent("Cf-Access-Service-Token") == []
    assert answer.sent("Host") == [HOST]


def test_a_machine_gets_through_with_the_name_of_its_token(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get(token=key.sign(email=None, sub="", common_name="ci.access"))

    assert answer.sent("Cf-Access-Service-Token") == ["ci.access"]
    assert answer.sent("Cf-Access-Authenticated-User-Email") == []
    assert gateway.log(answer.headers["x-request-id"])["who"] == "ci.access"


@pytest.mark.parametrize(
    "name",
    [
        "Cf-Access-Authenticated-User-Email",
        "CF-ACCESS-AUTHENTICATED-USER-EMAIL",
        "Cf-Access-Service-Token",
        "Cf-Access-Client-Id",
        "Cf-Access-Client-Secret",
        "X-Forwarded-Email",
        "X-Forwarded-User",
        "X-Auth-Request-Email",
        "X-Auth-Request-User",
        "X-AUTH-REQUEST-GROUPS",
        "Remote-User",
        "X-Remote-User",
        "X-Real-Ip",
        "X-Envoy-Max-Retries",
        "X-Request-Id",
    ],
)
def test_an_identity_that_the_client_claims_is_dropped(gateway: Gateway, key: Signer, name: str) -> None:
    answer = gateway.get(token=key.sign(), headers=[(name, FORGED), (name, FORGED)])

    assert FORGED not in answer.text
    assert answer.sent("Cf-Access-Authenticated-User-Email") == [PERSON]


def test_a_header_that_reads_like_another_one_is_refused(gateway: Gateway, key: Signer) -> None:
    assert gateway.get(token=key.sign(), headers=[("cf_access_authenticated_user_email", FORGED)]).status == 400


def test_a_claimed_identity_does_not_survive_on_a_machines_request(gateway: Gateway, key: Signer) -> None:
    token = key.sign(email=None, common_name="ci.access")

    answer = gateway.get(token=token, headers=[("Cf-Access-Authenticated-User-Email", FORGED)])

    assert FORGED not in answer.text


def test_mlflow_sees_neither_the_assertion_nor_the_session(gateway: Gateway, key: Signer) -> None:
    token = key.sign()
    cookies = [("Cookie", f"theme=dark; CF_Authorization={token};a=b=c"), ("Cookie", "CF_Authorization=x; last=1")]

    answer = gateway.get(token=token, headers=cookies)

    assert answer.sent("Cookie") == ["theme=dark; a=b=c; last=1"]
    assert answer.sent(HEADER) == []
    assert token not in answer.text


def test_a_session_cookie_alone_leaves_no_cookie(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get(token=key.sign(), headers=[("Cookie", "CF_Authorization=x")])

    assert answer.sent("Cookie") == []


def test_mlflow_is_not_told_an_address_that_the_client_wrote(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get(token=key.sign(), headers=[("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=x")])

    assert answer.sent("X-Forwarded-For") == ["127.0.0.1"]  # the gateway's own peer, as the socket says
    assert answer.sent("Forwarded") == []
