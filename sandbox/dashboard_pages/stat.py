"""A figure: the value in large, on the colour of its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from sandbox.dashboard_pages.numbers import written
from sandbox.dashboard_pages.text import INK, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from sandbox.dashboard_pages.answers import Answered
    from sandbox.dashboard_pages.board import Step

COLORS = {"green": "#56a64b", "orange": "#ff9830", "red": "#e02f44", "text": "white"}


def color_of(value: float, steps: Sequence[Step]) -> str:
    """The name of the colour that a value has by the thresholds."""
    reached = [step.color for step in steps if step.value is None or value >= step.value]
    return reached[-1] if reached else "text"


def draw(axes: Axes, answered: Answered) -> None:
    """Draws a figure; the smaller, the more there are in the panel."""
    panel = answered.panel
    shown = [(answer.name(line), line.values[-1]) for answer in answered.answers for line in answer.lines]
    value = shown[0][1] if shown else None
    color = "text" if value is None else color_of(value, panel.steps)
    ink = INK if color == "text" else "white"
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor=COLORS[color], edgecolor="#d8d9da"))
    write(axes, 0.5, 0.88, panel.title, size=9, color=ink, middle=True)
    text = str(panel.when_empty) if value is None else written(value, panel.unit, panel.decimals)
    write(axes, 0.5, 0.5, text, size=20, weight="bold", color=ink, middle=True)
    write(axes, 0.5, 0.14, shown[0][0] if shown else "", size=8, color=ink, middle=True)
