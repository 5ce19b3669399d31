"""The guide to troubleshooting as people use it: they know a section by its symptom, look, and cure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sandbox import paths
from tests import guides, runbook

if TYPE_CHECKING:
    from collections.abc import Mapping

GUIDE = paths.CLONE / "docs" / "troubleshooting.md"
PARTS = ("Symptom", "Why", "Check", "Cure", "Prevent")


@dataclass(frozen=True)
class Entry:
    """One section of the guide."""

    symptom: tuple[str, ...]
    """Lines as they are met, with `...` for what is different each time."""
    check: str
    """The commands that tell whether it is that."""
    cures: tuple[str, ...]
    """Blocks of commands; several where there are several causes."""

    @classmethod
    def called(cls, title: str) -> Self:
        """The section with this heading."""
        section = guides.section(GUIDE, title)
        (symptom,) = guides.blocks_of(guides.part(section, "Symptom"), "text")
        (check,) = guides.blocks_of(guides.part(section, "Check"), "sh")
        return cls(tuple(symptom.splitlines()), check, tuple(guides.blocks_of(guides.part(section, "Cure"), "sh")))

    def missing(self, said: str) -> list[str]:
        """The lines of the symptom that are nowhere in what was said."""
        return [line for line in self.symptom if not re.search(_pattern(line), said)]


def shell(*commands: str, environment: Mapping[str, str]) -> str:
    """What commands print in a shell with what all sections begin with."""
    (before,) = runbook.blocks("Before you begin", GUIDE)
    return runbook.run(before, *commands, environment=environment)


def _pattern(line: str) -> str:
    """Of a line of the symptom: columns may be further apart, and `...` is anything."""
    pieces = [r"\s+".join(re.escape(word) for word in piece.split()) for piece in line.split("...")]
    return ".*".join(pieces)
