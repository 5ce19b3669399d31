"""Guides as documents: their sections, parts, links and anchors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"\[(?P<text>[^\]\[]+)\]\((?P<target>[^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

DOCUMENTS = [
    document
    for pattern in ("*.md", "docs/*.md", "integrations/*/*.md", "examples/*/*.md")
    for document in sorted(paths.CLONE.glob(pattern))
]
"""Every document of the repository."""


class Link(NamedTuple):
    """A link as it is written."""

    text: str
    target: str


def name(document: Path) -> str:
    """What to call a document of the repository."""
    return str(document.relative_to(paths.CLONE))


def section(document: Path, heading: str) -> str:
    """What stands below a heading of the second level, before the next one."""
    _, found, rest = document.read_text().partition(f"\n## {heading}\n")
    assert found, f"{document.name} has no section {heading}"
    return rest.partition("\n## ")[0]


def part(text: str, name: str) -> str:
    """What stands behind a name in bold with a full stop, before the next such name."""
    _, found, rest = text.partition(f"**{name}.**")
    assert found, f"there is no part {name} in: {text[:100]}"
    return rest.partition("\n**")[0]


def links(document: Path) -> list[Link]:
    """Every link of a document, in its order."""
    return [Link(*found.groups()) for found in _LINK.finditer(_FENCED.sub("", document.read_text()))]


def target(document: Path, written: str) -> tuple[Path, str]:
    """The file that a link leads to, and the anchor in it or nothing."""
    path, _, anchor = written.partition("#")
    return (document.parent / path).resolve() if path else document, anchor
