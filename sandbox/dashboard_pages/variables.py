"""Values of the variables, as Grafana would put them into a query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.dashboard_pages.board import Board, Panel, Variable
    from sandbox.dashboard_pages.prometheus import Prometheus

_EVERY = "$__all"
_LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+), *(?P<label>\w+)\)")
_REFERENCE = re.compile(r"\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\]")
_MOST_POINTS = 400
"""Of a line; about what a chart of half a screen shows."""
_SCRAPES = 4
"""At least in a $__rate_interval (Grafana, "Prometheus template variables")."""


def choose(board: Board, prometheus: Prometheus, begin: float, end: float) -> dict[str, str]:
    """What each variable of a dashboard is when somebody opens it.

    Raises:
        SandboxError: Prometheus knows no value of one: there is nothing that the dashboard could show.
    """
    chosen: dict[str, str] = {}
    for variable in board.variables:
        if variable.kind == "query":
            chosen[variable.name] = _choose(variable, chosen, prometheus, begin, end)
    return chosen


def _choose(variable: Variable, before: Mapping[str, str], prometheus: Prometheus, begin: float, end: float) -> str:
    match = _LABEL_VALUES.fullmatch(variable.query)
    if not match:
        raise SandboxError(f"variable {variable.name} asks {variable.query}", "only label_values is known here")
    values = prometheus.label_values(fill(match["selector"], before), match["label"], begin, end)
    if not values:
        raise SandboxError(
            f"variable {variable.name} has no value: Prometheus knows nothing of {variable.query}",
            "wait a minute after the platform's start; then see whether its targets are scraped, in Prometheus's "
            "page /targets",
        )
    if variable.chosen == _EVERY:
        return variable.all_value or _alternatives(values)
    return variable.chosen if variable.chosen in values else values[0]


def _alternatives(values: Sequence[str]) -> str:
    return f"({'|'.join(map(re.escape, values))})"


def fill(text: str, values: Mapping[str, str]) -> str:
    """Puts values in the place of variables; one that is unknown stays, for Prometheus to complain of."""
    return _REFERENCE.sub(lambda match: values.get(match[1] or match[2] or match[3], match[0]), text)


def step_of(panel: Panel, seconds: float) -> int:
    """How far a panel's points are apart within so many seconds: never less than its scrapes."""
    return max(panel.scrape_seconds, round(seconds / _MOST_POINTS))


def built_in(panel: Panel, seconds: float) -> dict[str, str]:
    """The variables that Grafana has by itself, for a picture of so many seconds."""
    step = step_of(panel, seconds)
    length = round(seconds)
    return {
        "__interval": f"{step}s",
        "__rate_interval": f"{max(step + panel.scrape_seconds, _SCRAPES * panel.scrape_seconds)}s",
        "__range": f"{length}s",
        "__range_s": str(length),
    }
