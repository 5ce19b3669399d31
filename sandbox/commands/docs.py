"""`make docs`: writes what the guides say of the program from the program itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import paths
from sandbox.guides import configuration
from sandbox.guides.markdown import between

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = paths.CLONE / "docs"
CONFIGURATION = FOLDER / "configuration.md"
README = paths.CLONE / "README.md"
SCHEMA = paths.CLONE / "Pulumi.yaml"
STARTERS = ("<!-- configuration: made by `make docs` -->", "<!-- end of configuration -->")


def run() -> None:
    """Writes every part that is made."""
    for file, text in made().items():
        file.write_text(text)


def made() -> dict[Path, str]:
    """What each file has to say."""
    schema = SCHEMA.read_text()
    return {
        CONFIGURATION: configuration.document(schema, FOLDER),
        README: between(README.read_text(), *STARTERS, configuration.starters(schema)),
    }
