"""A dashboard of Grafana's JSON, as far as it is needed to ask and to draw it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = 24
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DEFAULT_STEP = "15s"
"""Grafana's, where neither panel nor data source says how often is scraped."""


@dataclass(frozen=True)
class Place:
    """A rectangle of the grid."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Query:
    """What a panel asks."""

    expr: str
    legend: str
    now: bool
    """One moment, instead of the whole time."""


@dataclass(frozen=True)
class Step:
    """From which value on a colour counts; None: from the least."""

    value: float | None
    color: str


@dataclass(frozen=True)
class Panel:
    """A figure, a chart, or the headline of a row."""

    kind: str
    title: str
    description: str
    place: Place
    queries: Sequence[Query] = ()
    unit: str = "none"
    decimals: int | None = None
    when_empty: str | None = None
    """Shown instead of a value, where its absence is no fault."""
    steps: Sequence[Step] = ()
    stacked: bool = False
    at_most: float | None = None
    scrape_seconds: int = 15


@dataclass(frozen=True)
class Variable:
    """What people choose from."""

    name: str
    kind: str
    query: str
    chosen: str
    all_value: str | None


@dataclass(frozen=True)
class Board:
    """A dashboard."""

    uid: str
    title: str
    description: str
    seconds: int
    """How far it looks back."""
    variables: Sequence[Variable]
    panels: Sequence[Panel]

    @property
    def asking(self) -> list[Panel]:
        """Its panels without the headlines."""
        return [panel for panel in self.panels if panel.kind != "row"]


def read_board(text: str) -> Board:
    """Reads a dashboard."""
    board = json.loads(text)
    return Board(
        uid=board["uid"],
        title=board["title"],
        description=board["description"],
        seconds=seconds(board["time"]["from"].removeprefix("now-")),
        variables=[_variable(each) for each in board["templating"]["list"]],
        panels=[_panel(each) for each in board["panels"]],
    )


def seconds(duration: str) -> int:
    """A duration such as `6h` in seconds."""
    match = re.fullmatch(r"(\d+)([smhd])", duration)
    if not match:
        raise ValueError(f"{duration!r} is no duration")
    return int(match[1]) * _SECONDS[match[2]]


def _variable(given: dict[str, Any]) -> Variable:
    chosen = given["current"]["value"]
    return Variable(
        name=given["name"],
        kind=given["type"],
        query=given["query"],
        chosen=chosen[0] if isinstance(chosen, list) else chosen,
        all_value=given.get("allValue"),
    )


def _panel(given: dict[str, Any]) -> Panel:
    at = given["gridPos"]
    defaults = given.get("fieldConfig", {}).get("defaults", {})
    style = defaults.get("custom", {})
    drawn = style.get("thresholdsStyle", {}).get("mode") != "off"
    return Panel(
        kind=given["type"],
        title=given["title"],
        description=given.get("description", ""),
        place=Place(at["x"], at["y"], at["w"], at["h"]),
        queries=[_query(each) for each in given.get("targets", [])],
        unit=defaults.get("unit", "none"),
        decimals=defaults.get("decimals"),
        when_empty=defaults.get("noValue"),
        steps=[Step(each["value"], each["color"]) for each in defaults.get("thresholds", {}).get("steps", []) if drawn],
        stacked=style.get("stacking", {}).get("mode") == "normal",
        at_most=defaults.get("max"),
        scrape_seconds=seconds(given.get("interval", _DEFAULT_STEP)),
    )


def _query(given: dict[str, Any]) -> Query:
    return Query(expr=given["expr"], legend=given["legendFormat"], now=bool(given.get("instant")))
