"""What is written down about a request, and how a client finds its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.assertions import PERSON
from tests.attacks import FORGED
from tests.unit.gateway.running import BODY_LIMIT, HOST

if TYPE_CHECKING:
    from tests.assertions import Signer
    from tests.unit.gateway.running import Gateway


def test_the_log_says_who_did_what_and_the_verdict(gateway: Gateway, key: Signer) -> None:
    token = key.sign()

    answer = gateway.request(
        "POST", "/api/x?password=hunter2", token, body=b"abc", headers=[("Cf-Connecting-Ip", "203.0.113.9")]
    )
    logged = gateway.log(answer.headers["x-request-id"])

    assert logged["upstream"] == f"127.0.0.1:{gateway.settings.upstream.port}"
    assert (
        logged.items()
        >= {
            "level": "info",
            "verdict": "allowed",
            "method": "POST",
            "path": "/api/x",
            "host": HOST,
            "status": 200,
            "who": PERSON,
            "client": "203.0.113.9",
            "bytes_received": 3,
            "bytes_sent": len(answer.text),
        }.items()
    )
    assert {"time", "duration_ms", "peer", "reason"} <= logged.keys()


def test_no_log_has_a_token_or_a_query(gateway: Gateway, key: Signer, stranger: Signer) -> None:
    tokens = [key.sign(), stranger.sign(), key.sign(aud=["another"]), key.sign(type="org")]
    answers = [gateway.get("/logged?password=hunter2", token) for token in tokens]
    answers.append(gateway.request("PUT", "/logged?password=hunter2", tokens[0], body=b"x" * (BODY_LIMIT + 1)))
    for answer in answers:
        gateway.log(answer.headers["x-request-id"])

    everything = gateway.log_text() + gateway.errors()

    assert [token for token in tokens if token.split(".")[2] in everything] == []
    assert "hunter2" not in everything


def test_an_invalid_assertion_gives_nobody_a_name_in_the_log(gateway: Gateway, stranger: Signer) -> None:
    answer = gateway.get("/", stranger.sign(email=FORGED))

    gateway.log(answer.headers["x-request-id"])
    assert FORGED not in gateway.log_text()


def test_a_client_cannot_choose_the_number_of_its_request(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get("/", key.sign(), headers=[("X-Request-Id", "the-same-again")])

    assert answer.headers["x-request-id"] != "the-same-again"
    assert answer.sent("X-Request-Id") == [answer.headers["x-request-id"]]


def test_the_clients_library_shows_where_the_reason_is(gateway: Gateway) -> None:
    answer = gateway.get("/")

    assert json.loads(answer.text) == {
        "message": f"the gateway answered 401; the reason is in its log under request {answer.headers['x-request-id']}"
    }
