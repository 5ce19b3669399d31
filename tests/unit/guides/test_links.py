"""Every relative link in a document of the repository leads to what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.guides.markdown import sections
from tests.guides import DOCUMENTS, links, name

if TYPE_CHECKING:
    from pathlib import Path


def broken(document: Path) -> list[str]:
    """Links to files that are not there, and to sections that their documents do not have."""
    wrong = []
    for _, link in links(document.read_text()):
        if ":" in link:
            continue
        file, _, anchor = link.partition("#")
        target = document.parent / file if file else document
        known = target.exists() and (not anchor or anchor in {each.anchor for each in sections(target.read_text())})
        wrong += [] if known else [link]
    return wrong


def test_there_are_documents() -> None:
    assert paths.CLONE / "README.md" in DOCUMENTS
    assert paths.CLONE / "docs/deployment.md" in DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_its_links_lead_somewhere(document: Path) -> None:
    assert broken(document) == []


@pytest.mark.parametrize("link", ["gone.md", "README.md#gone", "#gone", "pictures/gone.png"])
def test_a_link_that_leads_nowhere_is_found(link: str, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"# Here\n[a]({link}) [b](#here) [c](README.md#here) [d](https://example.com/gone)\n")

    assert broken(document) == [link]
