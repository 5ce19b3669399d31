"""Links of the guides lead somewhere, and each guide begins with where everything is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import guides
from tests.unit.stack_files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
WITH_CONTENTS = ("security.md", "troubleshooting.md")


@pytest.mark.parametrize("document", GUIDES, ids=lambda path: path.name)
def test_every_link_into_the_repository_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert guides.dangling(document) == []


@pytest.mark.parametrize("name", WITH_CONTENTS)
def test_the_table_of_contents_has_every_section_in_its_order(name: str) -> None:
    document = ROOT / "docs" / name
    contents = [link for link in guides.links(document) if link.target.startswith("#")]
    sections = [line.removeprefix("## ") for line in document.read_text().splitlines() if line.startswith("## ")]

    assert [link.text for link in contents[: len(sections)]] == sections


def test_a_link_to_no_file_and_one_to_no_heading_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A heading, with marks!\n")
    guide = tmp_path / "guide.md"
    guide.write_text("[a](other.md#a-heading-with-marks) [b](other.md#gone) [c](gone.md) [d](https://example.com/)\n")

    assert guides.dangling(guide) == ["other.md#gone", "gone.md"]
