"""Markdown as GitHub shows it: sections, their anchors, and cells of tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^ *```")
_HEADING = re.compile(r"^(#{1,6}) (.*)$")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\([^)\s]+\)")
_NOT_IN_AN_ANCHOR = re.compile(r"[^\w -]")


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, up to the next heading of any level."""

    level: int
    title: str
    anchor: str
    text: str


def sections(document: str) -> list[Section]:
    """The sections of a document, in their order. A line of a block of code that looks like a heading is none."""
    found: list[tuple[int, str, list[str]]] = []
    fenced = False
    for line in document.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading:
            found.append((len(heading[1]), heading[2], []))
        elif found:
            found[-1][2].append(line)
    taken: dict[str, int] = {}
    return [Section(level, title, _anchor(title, taken), "\n".join(lines)) for level, title, lines in found]


def without_links(text: str) -> str:
    """A text with what its links show."""
    return _LINK.sub(lambda link: link["text"], text)


def cell(text: str) -> str:
    """A text that does not end its cell of a table."""
    return text.replace("|", "\\|")


def between(document: str, begin: str, end: str, text: str) -> str:
    """A document with another text between two of its lines, which stay.

    Raises:
        ValueError: one of them is not there exactly once.
    """
    before, rest = document.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{text}{end}{after}"


def _anchor(title: str, taken: dict[str, int]) -> str:
    """GitHub's: of what a heading shows, in lower case; the second of its kind in a document gets a number."""
    anchor = _NOT_IN_AN_ANCHOR.sub("", without_links(title).lower()).replace(" ", "-")
    before = taken.get(anchor, 0)
    taken[anchor] = before + 1
    return f"{anchor}-{before}" if before else anchor
