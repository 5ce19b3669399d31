"""`make docs`: writes what the guides say of the program from the program itself."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sandbox import paths, processes
from sandbox.guides import configuration
from sandbox.guides.contents import INDEX, contents
from sandbox.guides.markdown import between

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FOLDER = paths.CLONE / "docs"
README = paths.CLONE / "README.md"
CONFIGURATION = FOLDER / "configuration.md"
SCHEMA = paths.CLONE / "Pulumi.yaml"


def run() -> None:
    """Writes every part that is made, one file after the other: the index has the sections of all others."""
    for file, make in MADE.items():
        file.write_text(make())


def _readme() -> str:
    return _with(README, "configuration", configuration.starters(SCHEMA.read_text()))


def _configuration() -> str:
    return configuration.document(SCHEMA.read_text(), FOLDER)


def _index() -> str:
    file = FOLDER / INDEX
    text = _with(file, "contents", contents(FOLDER))
    return _with(file, "picture", f"```mermaid\n{_picture()}```\n", text)


def _picture() -> str:
    """Drawn by a process of its own, from what the tests' recording engine sees: nothing but tests imports it."""
    environment = os.environ | {"PYTHONPATH": str(paths.CLONE)}
    words = [sys.executable, "-m", "tests.unit.guides.picture"]
    return processes.output_of(words, what="drawing the platform", env=environment)


def _with(file: Path, part: str, made: str, text: str | None = None) -> str:
    """A document with one of its parts made anew."""
    begin, end = f"<!-- {part}: made by `make docs` -->", f"<!-- end of {part} -->"
    return between(file.read_text() if text is None else text, begin, end, made)


MADE: Mapping[Path, Callable[[], str]] = {README: _readme, CONFIGURATION: _configuration, FOLDER / INDEX: _index}
"""What each file has to say."""
