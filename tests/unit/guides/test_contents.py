"""Each guide that is looked things up in begins with where everything is in it."""

from __future__ import annotations

import pytest

from tests import guides
from tests.unit.stack_files import ROOT

WITH_CONTENTS = ("security.md", "troubleshooting.md")


@pytest.mark.parametrize("name", WITH_CONTENTS)
def test_the_table_of_contents_has_every_section_in_its_order(name: str) -> None:
    document = ROOT / "docs" / name
    contents = [link for link in guides.links(document.read_text()) if link.target.startswith("#")]
    sections = [line.removeprefix("## ") for line in document.read_text().splitlines() if line.startswith("## ")]

    assert [link.text for link in contents[: len(sections)]] == sections
