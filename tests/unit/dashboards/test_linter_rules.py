"""No dashboard breaks a rule of dashboard-linter, and the rules find what breaks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.dashboards.boards import ENVIRONMENTS, boards, panels
from tests.unit.dashboards.linter import RULES, selectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.alerts.environments import Environment


def asking(expr: str) -> Callable[[dict[str, Any]], None]:
    """Spoil a dashboard by asking something else."""
    return lambda board: panels(board)[0]["targets"][0].update(expr=expr)


def variable(name: str, **values: Any) -> Callable[[dict[str, Any]], None]:
    def spoil(board: dict[str, Any]) -> None:
        (found,) = [each for each in board["templating"]["list"] if each["name"] == name]
        found.update(values)

    return spoil


_TARGET = 'namespace="$namespace", job=~"$job", instance=~"$instance"'
SPOILT: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("template-datasource-rule", variable("datasource", query="loki")),
    ("template-job-rule", variable("job", allValue=".*")),
    ("template-instance-rule", variable("instance", multi=False)),
    ("template-label-promql-rule", variable("namespace", query="up")),
    ("template-on-time-change-reload-rule", variable("namespace", refresh=1)),
    ("panel-datasource-rule", lambda board: panels(board)[0]["datasource"].update(uid="prometheus")),
    ("panel-title-description-rule", lambda board: panels(board)[0].update(description="")),
    ("panel-units-rule", lambda board: panels(board)[0]["fieldConfig"]["defaults"].pop("unit")),
    ("panel-no-targets-rule", lambda board: panels(board)[0].update(targets=[])),
    ("target-rate-interval-rule", asking(f"rate(requests_total{{{_TARGET}}}[5m])")),
    ("target-counter-agg-rule", asking(f"sum(requests_total{{{_TARGET}}})")),
    ("target-job-rule", asking('up{namespace="$namespace", job="mlflow", instance=~"$instance"}')),
    ("target-instance-rule", asking('up{namespace="$namespace", job=~"$job"}')),
    ("uneditable-dashboard", lambda board: board.update(editable=True)),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)
def test_no_dashboard_breaks_a_rule(environment: Environment, rule: str) -> None:
    found = {name: list(RULES[rule](board)) for name, board in boards(environment).items()}

    assert found == {name: [] for name in found}


def test_every_rule_has_a_dashboard_that_breaks_it() -> None:
    assert [name for name, _ in SPOILT] == list(RULES)


@pytest.mark.parametrize(("rule", "spoil"), SPOILT, ids=[name for name, _ in SPOILT])
def test_a_rule_finds_what_breaks_it_and_no_other_does(rule: str, spoil: Callable[[dict[str, Any]], None]) -> None:
    board = boards()["service-health"]
    spoil(board)

    assert [name for name, check in RULES.items() if list(check(board))] == [rule]


def test_a_selector_without_matchers_does_not_get_past_the_rules() -> None:
    with pytest.raises(AssertionError):
        selectors('sum(up) / count(up{job=~"$job"})')
