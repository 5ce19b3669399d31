"""The page that shows the pictures; over each panel lies what its description says."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sandbox.dashboard_pages.board import COLUMNS
from sandbox.dashboard_pages.picture import HEAD_LINES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.dashboard_pages.answers import Answered, AnsweredBoard

_STYLE = """
body { font-family: sans-serif; margin: 2em auto; max-width: 1600px; color: #1f1f1f }
.board { position: relative } .board img { width: 100%; display: block }
.board a { position: absolute } .board a:hover { outline: 2px solid #1f60c4 }
.empty { color: #e02f44; font-weight: bold }
"""


def page(boards: Mapping[str, AnsweredBoard]) -> str:
    """Writes the page; the pictures lie beside it, under the names of the dashboards."""
    contents = "".join(f'<li><a href="#{name}">{escape(each.board.title)}</a></li>' for name, each in boards.items())
    sections = "".join(_section(name, each) for name, each in boards.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboards</title>'
        f"<style>{_STYLE}</style></head><body><h1>Dashboards</h1><ul>{contents}</ul>{sections}</body></html>\n"
    )


def _section(name: str, answered: AnsweredBoard) -> str:
    board = answered.board
    lines = HEAD_LINES + max(panel.place.y + panel.place.height for panel in board.panels)
    areas = "".join(_area(each, lines) for each in answered.panels)
    empty = "".join(f'<p class="empty">No data: {escape(text)}</p>' for text in answered.empty)
    return (
        f'<h2 id="{name}">{escape(board.title)}</h2><p>{escape(board.description)}</p>{empty}'
        f'<div class="board"><img src="{name}.png" alt="{escape(board.title)}">{areas}</div>'
    )


def _area(answered: Answered, lines: int) -> str:
    place = answered.panel.place
    box = {
        "left": place.x / COLUMNS,
        "top": (place.y + HEAD_LINES) / lines,
        "width": place.width / COLUMNS,
        "height": place.height / lines,
    }
    style = ";".join(f"{side}:{share:.4%}" for side, share in box.items())
    asked = "\n".join(answer.asked for answer in answered.answers)
    told = escape(f"{answered.panel.title}\n{answered.panel.description}\n\n{asked}", quote=True)
    return f'<a style="{style}" title="{told}"></a>'
