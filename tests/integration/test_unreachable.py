"""What an update needs goes away in its middle: a clear error, nothing is forgotten, and the next one converges."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox import network
from sandbox.parts import minio, postgresql
from sandbox.parts.api_server import ApiServer
from sandbox.parts.part import API_SERVER_URL
from tests.integration.backends import stopped
from tests.integration.running import pending, recorded, running
from tests.integration.small_stack import left_behind, small_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.parts.part import Part
    from tests.integration.stacks import Stack

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.full]


@dataclass(frozen=True)
class Outage:
    """A part that ends, as by a crash."""

    part: Part
    by: signal.Signals
    first: str
    """Its first resource: the part ends once that is recorded, and is needed for the next ones."""
    address: str
    """What a person has to be told."""


OUTAGES = {
    "the API server": Outage(
        ApiServer(), signal.SIGKILL, "platform-namespace", API_SERVER_URL.removeprefix("https://")
    ),
    "PostgreSQL": Outage(
        postgresql.PostgreSQL(), signal.SIGQUIT, "backend-role", f"{network.NODE_ADDRESS}:{postgresql.PORT}"
    ),
    "MinIO": Outage(minio.Minio(), signal.SIGKILL, "artifacts-bucket", f"{network.NODE_ADDRESS}:{minio.PORT}"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with small_stack(tmp_path_factory.mktemp("unreachable")) as made:
        yield made


@pytest.mark.parametrize("name", OUTAGES)
def test_an_update_that_loses_what_it_needs_says_so_forgets_nothing_and_is_taken_up_by_the_next(
    small: Stack, name: str
) -> None:
    outage = OUTAGES[name]
    with running(small, "up", "--yes", "--skip-preview") as update:
        update.wait_until(lambda: outage.first in recorded(small), f"{outage.first} was made")
        with stopped(outage.part, outage.by):
            made = set(recorded(small))
            assert update.wait() != 0
            said = update.said()
            refreshed = small.fail("refresh", "--yes", "--skip-preview")
            known = set(recorded(small))
    for words in (said, refreshed):
        assert outage.address in words
        assert "Traceback" not in words
    assert made <= known
    assert pending(small) == {}

    small.up()
    small.up("--expect-no-changes")
    small.succeed("destroy", "--yes", "--skip-preview")
    assert left_behind() == []
