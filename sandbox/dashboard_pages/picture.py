"""A dashboard as a picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sandbox.dashboard_pages import chart, stat
from sandbox.dashboard_pages.board import COLUMNS
from sandbox.dashboard_pages.text import FAINT, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sandbox.dashboard_pages.answers import Answered, AnsweredBoard
    from sandbox.dashboard_pages.board import Place

_COLUMN, _LINE = 0.65, 0.42
"""Inches."""
HEAD_LINES = 2
"""Lines above the grid."""
_GAP = 0.06
_DPI = 100


@dataclass(frozen=True)
class _Sheet:
    """The paper, in lines and columns."""

    figure: Figure
    lines: int

    def axes(self, place: Place) -> Axes:
        """Room for a panel."""
        width, height = COLUMNS * _COLUMN, self.lines * _LINE
        left, bottom = place.x * _COLUMN + _GAP, height - (place.y + HEAD_LINES + place.height) * _LINE + _GAP
        size = place.width * _COLUMN - 2 * _GAP, place.height * _LINE - 2 * _GAP
        return self.figure.add_axes((left / width, bottom / height, size[0] / width, size[1] / height))

    def line(self, number: float) -> float:
        """How far up a line is, as a share of the height."""
        return 1 - number / self.lines


def draw(answered: AnsweredBoard) -> bytes:
    """Draws a dashboard; a PNG."""
    board = answered.board
    lines = HEAD_LINES + max(panel.place.y + panel.place.height for panel in board.panels)
    sheet = _Sheet(Figure(figsize=(COLUMNS * _COLUMN, lines * _LINE), dpi=_DPI, facecolor="#f4f5f5"), lines)
    write(sheet.figure, 0.008, sheet.line(0.8), board.title, size=15, weight="bold")
    begin, end = (datetime.fromtimestamp(time, UTC) for time in (answered.begin, answered.end))
    head = f"{board.description}   {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    write(sheet.figure, 0.008, sheet.line(1.6), head, size=9, color=FAINT)
    for panel in board.panels:
        if panel.kind == "row":
            write(
                sheet.figure, 0.008, sheet.line(HEAD_LINES + panel.place.y + 0.7), panel.title, size=11, weight="bold"
            )
    for each in answered.panels:
        _draw_panel(sheet.axes(each.panel.place), each, answered)
    buffer = io.BytesIO()
    sheet.figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _draw_panel(axes: Axes, answered: Answered, whole: AnsweredBoard) -> None:
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="white", edgecolor="#d8d9da"))
    if not answered.has_data and not answered.panel.when_empty:
        axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="#f2495c", edgecolor="black"))
        write(axes, 0.5, 0.5, "NO DATA", size=16, weight="bold", color="white", middle=True)
        write(axes, 0.5, 0.85, answered.panel.title, size=9, color="white", middle=True)
    elif answered.panel.kind == "stat":
        stat.draw(axes, answered)
    else:
        chart.draw(axes, answered, whole.begin, whole.end)
