"""Every command in a document can be read by a shell, and names keys and targets that there are."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from tests.guides import DOCUMENTS, blocks, name
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

WITH_COMMANDS = [document for document in DOCUMENTS if blocks(document, "sh")]
_SET = re.compile(r"pulumi config (?:set|rm|get) (?:--type \w+ |--\w+ )*'?(\w+)")
_EXAMPLES = {"KEY"}
"""In the place of any key."""
_MAKE = re.compile(r"`make (\w[\w-]*)")


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=name)
def test_its_commands_are_shell(document: Path) -> None:
    for block in blocks(document, "sh"):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"{block}{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_keys_that_it_sets_are_those_of_the_schema(document: Path) -> None:
    named = set(_SET.findall(document.read_text())) - _EXAMPLES

    assert named <= set(stack_files.schema())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_targets_that_it_names_are_there(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (paths.CLONE / "Makefile").read_text(), re.MULTILINE))

    assert set(_MAKE.findall(document.read_text())) <= targets


def test_there_is_something_to_look_at() -> None:
    assert {"README.md", "docs/runbook.md", "docs/deployment.md"} <= set(map(name, WITH_COMMANDS))
    assert len(_SET.findall((paths.CLONE / "docs/runbook.md").read_text())) > 10
