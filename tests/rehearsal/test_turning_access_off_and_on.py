"""A running stack loses single sign-on and gets it back: who asks meanwhile always gets an answer."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox import rehearsal
from sandbox.private_files import write_private
from tests.rehearsal.conftest import SEARCH, configure

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_ACCESS = {"access": "false", "accessEmailDomains": [], "accessClients": []}


@pytest.fixture
def configuration() -> Iterator[None]:
    """What is configured before the test is so again afterwards."""
    before = rehearsal.FILE.read_text()
    yield
    if rehearsal.FILE.read_text() != before:
        write_private(rehearsal.FILE, before)
        rehearsal.pulumi("up", "--yes", "--skip-preview")


@contextmanager
def somebody_without_a_token(client: httpx.Client) -> Iterator[list[int | str]]:
    """Asks at the ingress controller, over and over, and notes what comes back."""
    answers: list[int | str] = []
    end = threading.Event()

    def ask() -> None:
        while not end.wait(0.1):
            try:
                answers.append(client.get(SEARCH, timeout=20).status_code)
            except httpx.HTTPError as error:
                answers.append(repr(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
        time.sleep(2)
    finally:
        end.set()
        thread.join()


def in_turn(answers: list[int | str]) -> list[int | str]:
    return [answer for answer, _ in groupby(answers)]


@pytest.mark.usefixtures("configuration")
def test_turning_access_off_and_on_shuts_nobody_out(around_the_edge: httpx.Client) -> None:
    with_access = rehearsal.FILE.read_text()

    with somebody_without_a_token(around_the_edge) as answers:
        configure(**WITHOUT_ACCESS)
        rehearsal.pulumi("up", "--yes", "--skip-preview")
    assert in_turn(answers) == [401, 200]
    assert rehearsal.left_at_cloudflare() == []

    with somebody_without_a_token(around_the_edge) as answers:
        write_private(rehearsal.FILE, with_access)
        rehearsal.pulumi("up", "--yes", "--skip-preview")
    assert in_turn(answers) == [200, 401]
    rehearsal.pulumi("preview", "--expect-no-changes")
