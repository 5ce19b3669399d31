"""Programs that may enter: how long their tokens last, and how a new secret takes the place of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.test_access_settings import load

if TYPE_CHECKING:
    from pathlib import Path


def test_a_client_may_have_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, accessClients=[{"name": "ci"}])

    assert settings
    (client,) = settings.application.machines
    assert (client.duration, client.secret_version, client.previous_secret_expires_at) == ("8760h", 1, None)


@pytest.mark.parametrize("duration", ["forever", "1h", "720h30m"])
def test_a_token_may_last(duration: str, tmp_path: Path) -> None:
    settings = load(tmp_path, accessClients=[{"name": "ci", "duration": duration}])

    assert settings
    assert settings.application.machines[0].duration == duration


@pytest.mark.parametrize("moment", ["2027-01-31T12:00:00Z", "2027-01-31T12:00:00+01:00"])
def test_a_rotated_secret_may_overlap_with_the_one_before(moment: str, tmp_path: Path) -> None:
    rotated = {"name": "ci", "secretVersion": 2, "previousSecretExpiresAt": moment}
    settings = load(tmp_path, accessClients=[rotated])

    assert settings
    assert settings.application.machines[0].secret_version == 2
    assert settings.application.machines[0].previous_secret_expires_at == moment
