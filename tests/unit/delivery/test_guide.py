"""The guide names what has to be set, and its commands are there."""

from __future__ import annotations

import re
import shlex

import pytest

from tests import guides, runbook
from tests.unit.delivery.laptop import demand_runnable
from tests.unit.delivery.test_workflows import ACTION, FILES, STACKS

GUIDE = runbook.DELIVERY.read_text()
SCRIPTS = ("python3 -m delivery", "make ", ".ci/")
COMMANDS = [
    line.partition("#")[0].strip()
    for block in guides.blocks_of(GUIDE, "sh")
    for line in block.splitlines()
    if line.startswith(SCRIPTS)
]


def test_it_names_every_variable_and_secret_of_a_workflow() -> None:
    texts = [file.read_text() for file in [*FILES, ACTION]]
    used = {name for text in texts for name in re.findall(r"(?:secrets|vars)\.(\w+)", text)}
    assert {name for name in used if f"`{name}`" not in GUIDE} == set()


def test_it_names_every_environment() -> None:
    for stack in STACKS:
        assert f"`{stack}`" in GUIDE
        assert f"`preview-{stack}`" in GUIDE


def test_it_names_every_workflow() -> None:
    for file in FILES:
        assert f"| `{file.stem}` |" in GUIDE


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_there(command: str) -> None:
    demand_runnable(shlex.split(command))
