"""Guides as documents: their sections, parts, blocks of code and links."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"\[(?P<text>[^\]\[]*)\]\((?P<target>[^)\s]+)\)")
_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)

DOCUMENTS = [
    document
    for pattern in ("*.md", "docs/*.md", "integrations/*/*.md", "examples/*/*.md")
    for document in sorted(paths.CLONE.glob(pattern))
]
"""Every document of the repository."""


class Link(NamedTuple):
    """A link, or a picture, as it is written."""

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


def blocks(document: Path, language: str, heading: str = "") -> list[str]:
    """The blocks of a language, in their order; below one heading, where it is given, and before the next like it."""
    text = document.read_text(encoding="utf-8")
    if heading:
        level = heading.partition(" ")[0]
        text = text.partition(f"\n{heading}\n")[2].partition(f"\n{level} ")[0]
    return blocks_of(text, language)


def blocks_of(text: str, language: str) -> list[str]:
    """The blocks of a language in a text, in their order."""
    return [textwrap.dedent(found["text"]) for found in _BLOCK.finditer(text) if found["language"] == language]


def links(text: str) -> list[Link]:
    """Every link and picture of a document, in its order; what looks like one in a block of code is none."""
    return [Link(*found.groups()) for found in _LINK.finditer(_BLOCK.sub("", text))]


def target(document: Path, written: str) -> tuple[Path, str]:
    """The file that a link leads to, and the anchor in it or nothing."""
    path, _, anchor = written.partition("#")
    return (document.parent / path).resolve() if path else document, anchor
