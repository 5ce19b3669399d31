"""How a file writes its entries, so that a new one looks like its neighbours."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_service_catalog.layout import Element, Layout

_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}")
_MARGIN = re.compile(r"[ \t]*")
_UNIT = "  "


@dataclass(frozen=True)
class Style:
    """How one entry is written."""

    newline: str
    """Between its lines; empty where it has one line only."""
    margin: str
    """Before its last line."""
    unit: str
    """What its members are indented by beyond the margin."""
    spaced: bool
    """A space follows each colon, and in one line each comma."""
    escaped: bool
    """All that is not ASCII is written as an escape."""

    def write(self, entry: Mapping[str, str]) -> str:
        """The entry, without what comes before its opening brace."""
        colon, comma = (": ", ", ") if self.spaced else (":", ",")
        if not self.newline:
            return json.dumps(entry, separators=(comma, colon), ensure_ascii=self.escaped)
        text = json.dumps(entry, indent=self.unit, separators=(",", colon), ensure_ascii=self.escaped)
        # No value has a line end of its own: JSON escapes it.
        return text.replace("\n", self.newline + self.margin)


def style_like(layout: Layout, sample: Element) -> Style:
    """The style of an entry that is there."""
    text = layout.text[sample.start : sample.end]
    first, newline, _ = text.partition("\n")
    spaced, escaped = '":' not in text or '": ' in text, _escapes(layout.text)
    if not newline:
        return Style(newline="", margin="", unit="", spaced=spaced, escaped=escaped)
    margin, members = _margin(text, text.rindex("\n") + 1), _margin(text, len(first) + 1)
    return Style(
        newline="\r\n" if first.endswith("\r") else "\n",
        margin=margin,
        unit=members.removeprefix(margin) or _UNIT,
        spaced=spaced,
        escaped=escaped,
    )


def style_of_the_first(layout: Layout) -> Style:
    """The style of the first entry in an empty list: a block, unless the list is within a single line."""
    text, escaped = layout.text, _escapes(layout.text)
    around = (text[: layout.start] + text[layout.end :]).strip("\ufeff \t\r\n")
    if around and "\n" not in around:
        return Style(newline="", margin="", unit="", spaced=True, escaped=escaped)
    # The list is the document, or its opening bracket stands in a line that is indented by one unit.
    outer = _margin(text, text.rfind("\n", 0, layout.start) + 1) if around else ""
    unit = outer or _UNIT
    return Style(
        newline="\r\n" if "\r\n" in text else "\n", margin=outer + unit, unit=unit, spaced=True, escaped=escaped
    )


def _margin(text: str, at: int) -> str:
    match = _MARGIN.match(text, at)
    return match[0] if match else ""


def _escapes(text: str) -> bool:
    return text.removeprefix("\ufeff").isascii() and bool(_ESCAPE.search(text))
