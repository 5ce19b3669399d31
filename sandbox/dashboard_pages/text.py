"""Text in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1f1f1f"
FAINT = "#555555"


def write(
    where: Axes | Figure,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    weight: str = "normal",
    color: str = INK,
    middle: bool = False,
) -> None:
    """Writes a line, at a place that is a share of the width and of the height."""
    transform = where.transAxes if isinstance(where, Axes) else where.transFigure
    made = where.text(x, y, text, fontsize=size, fontweight=weight, color=color, transform=transform)
    if middle:
        made.set_horizontalalignment("center")
        made.set_verticalalignment("center")
    # A dollar is a dollar: matplotlib would take what is between two of them for a formula.
    made.set_parse_math(parse_math=False)
