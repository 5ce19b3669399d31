"""How much a request may carry, and how many there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.assertions import HEADER, PERSON
from tests.unit.gateway.running import BODY_LIMIT, HOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.assertions import Signer
    from tests.unit.gateway.neighbours import Echo
    from tests.unit.gateway.running import Gateway


def test_a_body_of_the_limit_passes(gateway: Gateway, key: Signer) -> None:
    assert gateway.request("PUT", "/a", key.sign(), body=b"x" * BODY_LIMIT).seen["body"] == BODY_LIMIT


def test_a_greater_body_is_refused_at_once(gateway: Gateway, echo: Echo, key: Signer) -> None:
    head = f"PUT /great HTTP/1.1\r\nHost: {HOST}\r\n{HEADER}: {key.sign()}\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n"

    assert b" 413 " in gateway.raw(head)
    assert "/great" not in echo.seen


def test_a_chunked_body_is_counted_while_it_passes(gateway: Gateway, key: Signer) -> None:
    within, beyond = ([b"x" * 65_536] * count for count in (BODY_LIMIT // 65_536, BODY_LIMIT // 65_536 + 1))

    assert gateway.request("PUT", "/a", key.sign(), body=iter(within)).seen["body"] == BODY_LIMIT
    assert gateway.request("PUT", "/a", key.sign(), body=iter(beyond)).status == 413


def test_more_requests_than_allowed_are_told_to_wait(another: Callable[..., Gateway], key: Signer) -> None:
    gateway = another(requests_per_second=3).started()
    token = key.sign()

    answers = [gateway.get("/", token) for _ in range(20)]
    refused = [answer for answer in answers if answer.status == 429]

    assert 3 <= len([answer for answer in answers if answer.status == 200]) < 20
    assert refused[0].headers["retry-after"] == "1"
    assert gateway.log(refused[0].headers["x-request-id"])["who"] == PERSON


def test_strangers_do_not_use_up_what_people_have(another: Callable[..., Gateway], key: Signer) -> None:
    gateway = another(requests_per_second=1).started()

    assert {gateway.get().status for _ in range(20)} == {401}
    assert gateway.get("/", key.sign()).status == 200
