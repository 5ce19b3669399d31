"""A chart: lines or layers over time, thresholds, and who is who."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MultipleLocator

from sandbox.dashboard_pages.numbers import written
from sandbox.dashboard_pages.stat import COLORS
from sandbox.dashboard_pages.text import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from sandbox.dashboard_pages.answers import Answered
    from sandbox.dashboard_pages.board import Panel
    from sandbox.dashboard_pages.prometheus import Line

_PALETTE = (
    "#73bf69",
    "#f2cc0c",
    "#5794f2",
    "#ff780a",
    "#f2495c",
    "#b877d9",
    "#37872d",
    "#fade2a",
    "#1f60c4",
    "#fa6400",
    "#c4162a",
    "#8f3bb8",
)
"""Of Grafana's classic one."""
_MOST_NAMES = 12
"""In a legend; with more, there is no chart left."""
_LEGEND_WIDTH = 75
"""Letters, of a chart of half the width."""
_HEADROOM = 1.15
_FAR = 3
"""Times the highest value. A threshold beyond would press the lines to the ground."""
_BINARY = {"bytes", "binBps"}
_Y_TICKS = 6
_DAY = 86_400
_TICKS = (60, 300, 600, 1200, 1800, 3600, 7200, 3 * 3600, 6 * 3600, _DAY)
_MOST_TICKS = 8


def draw(axes: Axes, answered: Answered, begin: float, end: float) -> None:
    """Draws a chart into the room of a panel."""
    panel = answered.panel
    write(axes, 0.02, 0.92, panel.title, size=10, weight="bold")
    named = [(answer.name(line), line) for answer in answered.answers for line in answer.lines]
    plot = axes.inset_axes((0.1, 0.26, 0.87, 0.6))
    highest = _stack(plot, named) if panel.stacked else _lines(plot, named)
    _scale(plot, panel, highest)
    _tell_time(plot, begin, end)
    _legend(plot)


def _lines(plot: Axes, named: Sequence[tuple[str, Line]]) -> float:
    for number, (name, line) in enumerate(named):
        color = _PALETTE[number % len(_PALETTE)]
        plot.plot(line.times, line.values, label=_label(name), color=color, linewidth=1.2)
    return max((value for _, line in named for value in line.values if math.isfinite(value)), default=0)


def _stack(plot: Axes, named: Sequence[tuple[str, Line]]) -> float:
    """Lays one upon the other; where one has no value, it adds nothing."""
    times = sorted({time for _, line in named for time in line.times})
    below = [0.0] * len(times)
    for number, (name, line) in enumerate(named):
        own = {time: value for time, value in zip(line.times, line.values, strict=True) if math.isfinite(value)}
        above = [low + own.get(time, 0.0) for time, low in zip(times, below, strict=True)]
        color = _PALETTE[number % len(_PALETTE)]
        plot.fill_between(times, below, above, label=_label(name), color=color, alpha=0.6, linewidth=0.8)
        below = above
    return max(below, default=0)


def _scale(plot: Axes, panel: Panel, highest: float) -> None:
    bounds = [(step.value, COLORS[step.color]) for step in panel.steps if step.value is not None]
    top = max([highest, *(value for value, _ in bounds if value < _FAR * highest)])
    plot.set_ylim(0, panel.at_most if panel.at_most and panel.at_most >= top else (top * _HEADROOM or 1))
    for value, color in bounds:
        plot.axhline(value, color=color, linestyle="--", linewidth=1)
    if panel.unit in _BINARY and top > 1:
        plot.yaxis.set_major_locator(MultipleLocator(2 ** math.ceil(math.log2(top / _Y_TICKS))))
    plot.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, panel.unit)))
    plot.tick_params(labelsize=7)
    plot.grid(visible=True, color="#eeeeee")
    plot.spines[["top", "right"]].set_visible(False)


def _tell_time(plot: Axes, begin: float, end: float) -> None:
    fitting = [each for each in _TICKS if (end - begin) / each <= _MOST_TICKS]
    apart = fitting[0] if fitting else _TICKS[-1]
    ticks = range(math.ceil(begin / apart) * apart, math.floor(end) + 1, apart)
    form = "%m-%d" if apart == _DAY else "%H:%M"
    plot.set_xlim(begin, end)
    plot.set_xticks(list(ticks), [datetime.fromtimestamp(tick, UTC).strftime(form) for tick in ticks])


def _legend(plot: Axes) -> None:
    handles, labels = plot.get_legend_handles_labels()
    more = len(labels) - _MOST_NAMES
    if more > 0:
        handles, labels = handles[:_MOST_NAMES], [*labels[: _MOST_NAMES - 1], f"and {more + 1} more"]
    legend = plot.legend(
        handles,
        labels,
        loc="upper center",
        bbox_to_anchor=(0.48, -0.14),
        ncols=max(1, min(4, _LEGEND_WIDTH // max((len(label) for label in labels), default=1))),
        fontsize=7,
        frameon=False,
    )
    for text in legend.get_texts():
        text.set_parse_math(parse_math=False)


def _label(name: str) -> str:
    # matplotlib leaves a name that begins with an underscore out of the legend.
    return name.lstrip("_") or "value"
