"""The sandbox's stack keeps every rule, by what the engine will do and by what it has done."""

from __future__ import annotations

import pytest

from tests.integration.stacks import Stack
from tests.policies import EXPORT, PREVIEW, judged

pytestmark = pytest.mark.usefixtures("platform")


@pytest.mark.parametrize("words", [PREVIEW, EXPORT], ids=["previewed", "exported"])
def test_the_stack_keeps_every_rule(words: tuple[str, ...]) -> None:
    done = judged(Stack(), words)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "violations: 0 mandatory, 0 advisory" in done.stdout
