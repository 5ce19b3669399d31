"""Drift of what production has and stack dev has not is found by a refresh, and mended by the next update."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from tests.drift import kinds
from tests.drift.mending import found_and_mended
from tests.rehearsal.conftest import production

if TYPE_CHECKING:
    from tests.drift.kind import Resource

pytestmark = pytest.mark.full


def only_in_production() -> list[Resource]:
    """One resource of each such type; tests/integration/test_drift.py has the others."""
    agreed = (paths.CLONE / "tests/unit/golden/dev.txt").read_text().splitlines()
    of_dev = {line.rpartition("::")[0].rpartition("$")[2] for line in agreed}
    return [resource for type_, resource in kinds.drifting(production()).items() if type_ not in of_dev]


def test_a_change_by_hand_of_every_kind_is_found_and_mended_in_place() -> None:
    data = production().identities()
    found_and_mended(production(), kinds.change(only_in_production()))
    assert production().identities() == data


def test_a_deletion_by_hand_of_every_kind_is_found_and_made_good() -> None:
    data = production().identities()
    found_and_mended(production(), kinds.delete(only_in_production()))
    assert production().identities() == data
