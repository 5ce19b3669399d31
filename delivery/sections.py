"""Markdown that keeps within a limit: what matters most stays, lists end with how much was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GITHUB_LIMIT = 65_536
"""Characters of a comment ("Body is too long (maximum is 65536 characters)")."""
LINE_LIMIT = 1_000
"""Characters of a line, where not all of them fit."""
RESERVE = 40
"""Characters for the line that tells how many lines were left out."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Lines between an opening and a closing that are never left out."""

    opening: str
    lines: Sequence[str] = ()
    closing: str = ""
    rank: int = 0
    """What has a lower one gets its room first; what has the same one shares it."""
    mark: str = ""
    """What a line begins with that tells of lines left out."""


def fit(sections: Sequence[Section], limit: int, note: str) -> str:
    """Joins sections to at most `limit` characters; `note` follows where something had to be left out."""
    whole = "".join(_text(section, section.lines) for section in sections)
    if len(whole) <= limit:
        return whole
    room = limit - len(note) - sum(len(_text(section, ())) for section in sections)
    chosen: dict[int, list[str]] = {}
    order = sorted(range(len(sections)), key=lambda place: sections[place].rank)
    for position, place in enumerate(order):
        section = sections[place]
        rivals = sum(sections[other].rank == section.rank for other in order[position:])
        chosen[place] = _first(section, room // rivals)
        room -= sum(len(line) + 1 for line in chosen[place])
    return "".join(_text(section, chosen[place]) for place, section in enumerate(sections)) + note


def _first(section: Section, room: int) -> list[str]:
    """As many lines as there is room for, with a line about the rest."""
    lines = [line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…" for line in section.lines]
    if sum(len(line) + 1 for line in lines) <= room:
        return lines
    taken: list[str] = []
    room -= RESERVE
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        taken.append(line)
    return [*taken, f"{section.mark}… and {len(lines) - len(taken)} more"]


def _text(section: Section, lines: Sequence[str]) -> str:
    return "".join(f"{part}\n" for part in (section.opening, *lines, section.closing) if part)
