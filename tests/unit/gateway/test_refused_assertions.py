"""Assertions that are none, and the only place where a valid one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.assertions import HEADER, PERSON, Signer
from tests.attacks import ATTACKS, VERIFIED
from tests.unit.gateway.running import AUDIENCE

if TYPE_CHECKING:
    from tests.unit.gateway.neighbours import Echo
    from tests.unit.gateway.running import Gateway


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_assertion_that_is_not_valid_gets_nowhere(
    gateway: Gateway, echo: Echo, key: Signer, stranger: Signer, attack: str
) -> None:
    token, status, reason = ATTACKS[attack]
    path = f"/{attack.replace(' ', '-')}"

    answer = gateway.get(path, token(key, stranger))

    assert answer.status == status
    assert path not in echo.seen
    logged = gateway.log(answer.headers["x-request-id"])
    assert reason in logged["reason"]
    assert (logged["verdict"], logged["level"], logged["status"]) == ("refused", "warning", status)
    assert logged["who"] == (PERSON if attack in VERIFIED else "")


@pytest.mark.parametrize("order", ["good first", "good last", "both good"])
def test_a_repeated_header_is_refused_whatever_is_in_it(
    gateway: Gateway, key: Signer, stranger: Signer, order: str
) -> None:
    other = key if order == "both good" else stranger
    values = [key.sign(), other.sign()]

    answer = gateway.get(headers=[(HEADER, value) for value in (reversed(values) if "last" in order else values)])

    assert answer.status == 403
    assert "not_exactly_one_token" in gateway.log(answer.headers["x-request-id"])["reason"]


def test_an_oversized_assertion_is_refused_before_it_is_looked_at(gateway: Gateway) -> None:
    assert gateway.get(token=f"a.{'b' * 40_000}.c").status == 431


def test_the_header_counts_in_any_case(gateway: Gateway, key: Signer, stranger: Signer) -> None:
    assert gateway.get(headers=[(HEADER.upper(), key.sign())]).status == 200
    assert gateway.get(headers=[(HEADER.upper(), stranger.sign())]).status == 401


@pytest.mark.parametrize("place", ["Authorization", "Cookie", "query"])
def test_a_valid_token_anywhere_else_is_none(gateway: Gateway, key: Signer, place: str) -> None:
    token = key.sign()
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"CF_Authorization={token}", "query": ""}
    query = f"?access_token={token}&jwt={token}" if place == "query" else ""

    answer = gateway.get(f"/{query}", headers=[(place, headers[place])] if headers[place] else ())

    assert answer.status == 401
    assert token not in gateway.log_text()


def test_one_of_several_audiences_is_enough(gateway: Gateway, key: Signer) -> None:
    assert gateway.get(token=key.sign(aud=["another", AUDIENCE])).status == 200
