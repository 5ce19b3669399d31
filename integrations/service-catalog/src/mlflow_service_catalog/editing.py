"""Puts an entry into the text of a services.json, or takes it out; every other character stays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlflow_service_catalog.errors import CatalogError
from mlflow_service_catalog.layout import Element, Layout, read_layout
from mlflow_service_catalog.style import style_like, style_of_the_first

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(Enum):
    """What came of an edit."""

    ADDED = "added"
    REPLACED = "replaced"
    REMOVED = "removed"
    UNCHANGED = "up to date"
    ABSENT = "not there"

    @property
    def changes(self) -> bool:
        """Whether the text is another one."""
        return self not in {Outcome.UNCHANGED, Outcome.ABSENT}


@dataclass(frozen=True)
class Edit:
    """A text, and what was done to it."""

    text: str
    outcome: Outcome


def merge(text: str, entry: Mapping[str, str], *, take_over: bool = False) -> Edit:
    """Puts an entry in, as the last one, or in the place of the one with its id.

    Args:
        text: of a services.json.
        entry: valid by the schema.
        take_over: replace an entry that looks like somebody else's: with this id but for another host, or with
            another id, or none, for this URL.

    Raises:
        CatalogError: the text is no catalog, the id is there twice, or the entry would take the place of another's.
    """
    layout = read_layout(text)
    present = _with_id(layout, entry["id"])
    if present is None:
        present = _with_url(layout, entry, take_over=take_over)
    elif not take_over and _target(present.member("url"))[0] != _target(entry["url"])[0]:
        raise CatalogError(
            f"its entry {entry['id']!r} (line {layout.line(present)}) leads to {present.member('url')!r}, and not to "
            f"{entry['url']}: it is another stack's of the same id, or this stack has moved. Fix: give one of them an "
            "id of its own (catalogId), or replace the entry by --take-over"
        )
    if present is None:
        return Edit(_inserted(layout, entry), Outcome.ADDED)
    if present.value == entry:
        return Edit(text, Outcome.UNCHANGED)
    written = style_like(layout, present).write(entry)
    return Edit(text[: present.start] + written + text[present.end :], Outcome.REPLACED)


def remove(text: str, entry_id: str) -> Edit:
    """Takes the entry with an id out, with the comma that belongs to it.

    Raises:
        CatalogError: the text is no catalog, or the id is there twice.
    """
    layout = read_layout(text)
    present = _with_id(layout, entry_id)
    if present is None:
        return Edit(text, Outcome.ABSENT)
    start, end = _with_its_comma(layout, layout.elements.index(present))
    return Edit(text[:start] + text[end:], Outcome.REMOVED)


def _with_id(layout: Layout, entry_id: str) -> Element | None:
    found = [element for element in layout.elements if element.member("id") == entry_id]
    if len(found) > 1:
        lines = " and ".join(str(layout.line(element)) for element in found)
        raise CatalogError(f"has {len(found)} entries {entry_id!r}, in lines {lines}. Fix: remove all but one by hand")
    return found[0] if found else None


def _with_url(layout: Layout, entry: Mapping[str, str], *, take_over: bool) -> Element | None:
    """The entry under another id that leads to the same place."""
    found = [element for element in layout.elements if _target(element.member("url")) == _target(entry["url"])]
    if not found:
        return None
    if len(found) > 1 or not take_over:
        lines = " and ".join(f"{element.member('id')!r} in line {layout.line(element)}" for element in found)
        raise CatalogError(
            f"somebody else's entry leads to {entry['url']} already: {lines}. Fix: "
            + ("remove all but one by hand" if len(found) > 1 else "replace it by --take-over, or remove it by hand")
        )
    return found[0]


def _target(url: object) -> tuple[str, str]:
    """Host, and the rest: the scheme does not tell services apart; empty texts for what is no URL."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None:
        return "", ""
    return parts.netloc.lower(), parts._replace(scheme="", netloc="").geturl().strip("/")


def _inserted(layout: Layout, entry: Mapping[str, str]) -> str:
    text, elements = layout.text, layout.elements
    if not elements:
        style = style_of_the_first(layout)
        before = style.newline + style.margin
        after = style.newline + style.margin.removesuffix(style.unit) if style.newline else ""
        return text[: layout.start + 1] + before + style.write(entry) + after + text[layout.end - 1 :]
    last = elements[-1]
    style = style_like(layout, last)
    if len(elements) > 1:
        between = text[elements[-2].end : last.start]
    else:
        between = "," + (text[layout.start + 1 : last.start] or (" " if style.spaced else ""))
    return text[: last.end] + between + style.write(entry) + text[last.end :]


def _with_its_comma(layout: Layout, number: int) -> tuple[int, int]:
    """What goes with an element, so that what `merge` put in leaves nothing behind."""
    elements = layout.elements
    if len(elements) == 1:
        return layout.start + 1, layout.end - 1
    if number == len(elements) - 1:
        return elements[number - 1].end, elements[number].end
    return elements[number].start, elements[number + 1].start
