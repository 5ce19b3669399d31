"""The README's first screen, and the commands that it names."""

from __future__ import annotations

import re
import shlex

import pytest

from tests import guides, runbook
from tests.unit.delivery.laptop import demand_runnable

TEXT = runbook.README.read_text()
FIRST_SCREEN = "\n".join(TEXT.splitlines()[:20])
MAKE = [
    line
    for document in (runbook.README, runbook.INDEX)
    for block in guides.blocks(document, "sh")
    for line in block.splitlines()
    if line.startswith("make ")
]


def test_the_first_screen_shows_what_it_is_the_two_commands_and_the_user_interface() -> None:
    assert "MLflow on Kubernetes as one Pulumi program" in FIRST_SCREEN
    assert re.findall(r"^make \w+", FIRST_SCREEN, re.MULTILINE) == ["make up", "make test"]
    assert "](docs/pictures/runs.png)" in FIRST_SCREEN


@pytest.mark.parametrize("line", MAKE)
def test_a_command_that_it_names_is_there(line: str) -> None:
    demand_runnable(shlex.split(line, comments=True))


def test_the_quick_start_of_the_index_is_how_the_first_steps_begin() -> None:
    first, _ = runbook.blocks("First steps", runbook.README)
    _, quick = runbook.blocks("Quick start", runbook.INDEX)
    commands, begin = ([shlex.split(line, comments=True) for line in block.splitlines()] for block in (first, quick))

    assert commands[: len(begin)] == begin


def test_it_leads_to_the_guides() -> None:
    assert "(docs/README.md)" in TEXT
    assert len(TEXT.splitlines()) < 200
