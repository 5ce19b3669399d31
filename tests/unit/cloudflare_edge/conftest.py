"""One double for the tests of a module, which each finds as if nobody had been there, and a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cloudflare_edge.running import cloudflare

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.unit.cloudflare_edge.running import Cloudflare


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloudflare]:
    with cloudflare(tmp_path_factory.mktemp("state")) as serving:
        yield serving


@pytest.fixture
def edge(double: Cloudflare) -> Cloudflare:
    double.clear()
    return double


@pytest.fixture
def browser(edge: Cloudflare) -> Iterator[httpx.Client]:
    with edge.browser() as client:
        yield client
