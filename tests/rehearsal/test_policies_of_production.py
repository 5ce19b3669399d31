"""Production keeps every rule, by what the engine will do and by what it has done; and the double is found out."""

from __future__ import annotations

import pytest

from sandbox.parts import cloudflare
from tests.policies import EXPORT, PREVIEW, judged
from tests.rehearsal.conftest import production


@pytest.mark.parametrize("words", [PREVIEW, EXPORT], ids=["previewed", "exported"])
def test_all_that_production_is_blamed_for_is_the_plain_http_of_cloudflares_double(words: tuple[str, ...]) -> None:
    done = judged(production(), words)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"  - cloudflare (pulumi:providers:cloudflare): baseUrl is '{cloudflare.API_URL}'\n" in done.stdout
    assert "violations: 1 mandatory, 0 advisory" in done.stdout
