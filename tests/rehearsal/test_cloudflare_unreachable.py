"""Cloudflare goes away in the middle of an update: a clear error, nothing is forgotten, and the next one converges."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from sandbox import rehearsal
from sandbox.parts import cloudflare
from tests.integration.backends import stopped
from tests.integration.running import pending, recorded, running
from tests.rehearsal.conftest import configure, production

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.full
SESSION = "accessSessionDuration"


@pytest.fixture
def another_session() -> Iterator[None]:
    """A change of every policy, and of the application after them."""
    configure(**{SESSION: "4h"})
    yield
    configure(**{SESSION: rehearsal.value(SESSION)})
    rehearsal.pulumi("up", "--yes", "--skip-preview")
    rehearsal.pulumi("preview", "--expect-no-changes")


@pytest.mark.usefixtures("another_session")
def test_an_update_that_loses_cloudflare_says_so_forgets_nothing_and_is_taken_up_by_the_next() -> None:
    prod = production()
    before = set(recorded(prod))
    with running(prod, "up", "--yes", "--skip-preview") as update:
        update.wait_until(lambda: any(name.startswith("access-") for name in pending(prod)), "Access was being changed")
        with stopped(rehearsal.part(), signal.SIGKILL):
            assert update.wait() != 0
            said = update.said()
            refreshed = prod.fail("refresh", "--yes", "--skip-preview")
    for words in (said, refreshed):
        assert f"could not reach the Cloudflare API at {cloudflare.API_URL}" in words
        assert "Traceback" not in words
    assert set(recorded(prod)) == before
    assert pending(prod) == {}

    prod.up()
    prod.succeed("preview", "--refresh", "--expect-no-changes")
