"""The rules of dashboard-linter v0.2.0, restated: each finds what is wrong with a dashboard.

`target-job-rule` and `target-instance-rule` want `job` and `instance` in every selector. Here they are asked for where
a series can have those of our targets. Three kinds cannot: what the rules record has lost them on purpose, `ALERTS` has
those of the alert, and what kube-state-metrics and the kubelet tell of our objects has theirs. These are selected by
the namespace, and the last kind by Deployments and pods that `$job` names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.unit.alerts import contract
from tests.unit.dashboards.boards import Asked, asked, panels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Board = dict[str, Any]
UNITS = {"none", "short", "percentunit", "bytes", "binBps", "s", "reqps"}
"""Those of Grafana's that are in use here; dashboard-linter knows some 300."""
_SELECTOR = re.compile(r"(?P<metric>[a-zA-Z_:][\w:]*)\{(?P<matchers>[^}]*)\}(?P<range>\[[^]]*\])?")
_MATCHER = re.compile(r'(\w+)(=~|=|!=|!~)"([^"]*)"')


@dataclass(frozen=True)
class Selector:
    metric: str
    matchers: frozenset[tuple[str, str, str]]
    function: str
    """What it is the argument of, if directly."""
    range: str

    @property
    def is_of_a_target(self) -> bool:
        """Whether it has the labels of a target of ours."""
        told_by_others = self.metric.startswith(("kube_", "container_"))
        return ":" not in self.metric and self.metric != "ALERTS" and not told_by_others


def selectors(expr: str) -> list[Selector]:
    found = [
        Selector(
            metric=match["metric"],
            matchers=frozenset(_MATCHER.findall(match["matchers"])),
            function=(re.findall(r"([a-z_]+)\($", expr[: match.start()]) or [""])[0],
            range=match["range"] or "",
        )
        for match in _SELECTOR.finditer(expr)
    ]
    # Whoever selects without matchers is not to get past the rules.
    assert not contract.referred(re.sub(r'"[^"]*"', "", _SELECTOR.sub("", expr))), expr
    return found


def _variable(board: Board, name: str) -> dict[str, Any]:
    return next((each for each in board["templating"]["list"] if each["name"] == name), {})


def template_datasource(board: Board) -> Iterator[str]:
    found = [each for each in board["templating"]["list"] if each["type"] == "datasource"]
    if [(each["name"], each["label"], each["query"]) for each in found] != [
        ("datasource", "Data source", "prometheus")
    ]:
        yield "no templated data source"


def _template(name: str) -> Callable[[Board], Iterator[str]]:
    wanted = {"type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+"}

    def rule(board: Board) -> Iterator[str]:
        variable = _variable(board, name)
        yield from (f"{name}: {key}" for key, value in wanted.items() if variable.get(key) != value)
        if variable.get("datasource", {}).get("uid") != "${datasource}":
            yield f"{name}: datasource"

    return rule


def _queries(board: Board) -> list[dict[str, Any]]:
    return [each for each in board["templating"]["list"] if each["type"] == "query"]


def template_label_promql(board: Board) -> Iterator[str]:
    for variable in _queries(board):
        match = re.fullmatch(r"label_values\((?P<selector>.+), (?P<label>[a-z_]+)\)", variable["query"])
        if not match or not selectors(match["selector"]):
            yield variable["name"]


def template_on_time_change_reload(board: Board) -> Iterator[str]:
    yield from (variable["name"] for variable in _queries(board) if variable["refresh"] != 2)


def panel_datasource(board: Board) -> Iterator[str]:
    for panel in panels(board):
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        if sources != [{"type": "prometheus", "uid": "${datasource}"}] * len(sources):
            yield panel["title"]


def panel_title_description(board: Board) -> Iterator[str]:
    yield from (str(panel["id"]) for panel in panels(board) if not (panel.get("title") and panel.get("description")))


def panel_units(board: Board) -> Iterator[str]:
    yield from (panel["title"] for panel in panels(board) if panel["fieldConfig"]["defaults"].get("unit") not in UNITS)


def panel_no_targets(board: Board) -> Iterator[str]:
    yield from (panel["title"] for panel in panels(board) if not panel["targets"])


def target_rate_interval(board: Board) -> Iterator[str]:
    for query, selector in _selected(board):
        if selector.function in {"rate", "irate"} and selector.range != "[$__rate_interval]":
            yield query.where


def target_counter_agg(board: Board) -> Iterator[str]:
    for query, selector in _selected(board):
        counts = selector.metric.endswith(("_total", "_count", "_sum", "_bucket"))
        if counts and selector.function not in {"rate", "irate", "increase"}:
            yield query.where


def _target(label: str) -> Callable[[Board], Iterator[str]]:
    def rule(board: Board) -> Iterator[str]:
        for query, selector in _selected(board):
            if selector.is_of_a_target and (label, "=~", f"${label}") not in selector.matchers:
                yield query.where

    return rule


def uneditable(board: Board) -> Iterator[str]:
    if board["editable"]:
        yield "editable"


def _selected(board: Board) -> Iterator[tuple[Asked, Selector]]:
    for query in asked(board):
        for selector in selectors(query.target["expr"]):
            yield query, selector


RULES: dict[str, Callable[[Board], Iterator[str]]] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": _template("job"),
    "template-instance-rule": _template("instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-rate-interval-rule": target_rate_interval,
    "target-counter-agg-rule": target_counter_agg,
    "target-job-rule": _target("job"),
    "target-instance-rule": _target("instance"),
    "uneditable-dashboard": uneditable,
}
"""Without `target-promql-rule`, which is promtool's part."""
