"""What `make docs` makes is what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.commands import docs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", docs.MADE, ids=lambda file: str(file.relative_to(docs.FOLDER.parent)))
def test_a_guide_is_what_make_docs_makes_of_the_program(file: Path) -> None:
    assert file.read_text() == docs.MADE[file](), "run `make docs`"


def test_make_docs_makes_the_index_of_what_it_has_made_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, index = tmp_path / "first.md", tmp_path / "README.md"
    monkeypatch.setattr(docs, "MADE", {first: lambda: "new", index: lambda: f"of {first.read_text()}"})

    docs.run()

    assert index.read_text() == "of new"


def test_the_index_is_made_last() -> None:
    assert list(docs.MADE)[-1] == docs.FOLDER / "README.md"
