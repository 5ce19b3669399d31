"""What `make docs` makes is what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.commands import docs

if TYPE_CHECKING:
    from pathlib import Path

MADE = docs.made()


@pytest.mark.parametrize("file", MADE, ids=lambda file: str(file.name))
def test_a_guide_is_what_make_docs_makes_of_the_program(file: Path) -> None:
    assert file.read_text() == MADE[file], "run `make docs`"


def test_make_docs_writes_what_it_makes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "guide.md"
    monkeypatch.setattr(docs, "made", lambda: {file: "new"})

    docs.run()

    assert file.read_text() == "new"
