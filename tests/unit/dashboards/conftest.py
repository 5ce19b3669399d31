from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.dashboards.canned import Canned, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.dashboard_pages.prometheus import Prometheus


@pytest.fixture
def canned() -> Canned:
    return Canned()


@pytest.fixture
def prometheus(canned: Canned) -> Iterator[Prometheus]:
    with serving(canned) as made:
        yield made
