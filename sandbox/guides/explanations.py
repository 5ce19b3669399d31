"""Where the guides explain a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.guides.markdown import sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.guides.markdown import Section

GUIDES = (
    "sso.md",
    "point-in-time.md",
    "integration-guide.md",
    "service-catalog.md",
    "deployment.md",
    "runbook.md",
    "delivery.md",
)
"""The guide of one concern before that of all."""
_SET = re.compile(r"`(\w+): [^`]*`|config set (?:--\w+ )*'?(\w+)")
"""What says which value a key is to have; a word in backticks may be something else of that name."""
_NAMED = re.compile(r"`(\w+)`")
_ALERT = "MLFlow"
"""Begins the titles of sections that tell what to do when something is wrong."""


def explanations(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Links from keys to the first section that sets or else names them; keys that no guide names are left out."""
    found: dict[str, str] = {}
    for name, link in _mentions(folder):
        if name in names:
            found.setdefault(name, link)
    return found


def _mentions(folder: Path) -> Iterator[tuple[str, str]]:
    known = [(guide, section) for guide in GUIDES for section in sections((folder / guide).read_text())]
    usual = [each for each in known if not each[1].title.startswith(_ALERT)]
    yield from _matches(usual, _SET)
    yield from _matches(usual, _NAMED)
    yield from _matches(known, _NAMED)


def _matches(known: Sequence[tuple[str, Section]], pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for guide, section in known:
        for match in pattern.finditer(section.text):
            yield match[match.lastindex or 0], f"[{section.title}]({guide}#{section.anchor})"
