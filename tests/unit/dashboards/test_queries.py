"""The queries, judged by promtool and by what there is to ask."""

from __future__ import annotations

import json
import math
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.alerts import contract
from tests.unit.alerts.environments import PROD
from tests.unit.dashboards.boards import ENVIRONMENTS, asked, boards
from tests.unit.dashboards.linter import selectors
from tests.unit.dashboards.world import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.unit.alerts.environments import Environment

MINUTES = 90
BOARDS = sorted(boards())


def promtool(*words: str, directory: Path) -> str:
    done = subprocess.run(["promtool", *words], cwd=directory, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def evaluate(expected: dict[str, bool], directory: Path) -> str:
    """Evaluate expressions on a healthy platform; each is to have a result, or none."""
    tests = [
        {
            "expr": f"clamp_max(count({expr}), 1)",
            "eval_time": f"{MINUTES}m",
            "exp_samples": [{"labels": "{}", "value": 1}] if there else [],
        }
        for expr, there in expected.items()
    ]
    world = [{"series": name, "values": values.replace("N", str(MINUTES + 1))} for name, values in PLATFORM.items()]
    (directory / "rules.json").write_text(json.dumps(PROD.file()))
    case = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": world, "promql_expr_test": tests}],
    }
    (directory / "case.json").write_text(json.dumps(case))
    return promtool("test", "rules", "case.json", directory=directory)


def green(steps: Iterable[dict[str, Any]]) -> tuple[float, float]:
    """From which value on a figure is green, and from which on no more."""
    bounds = [(-math.inf if each["value"] is None else each["value"], each["color"]) for each in steps]
    ends = [value for value, _ in bounds[1:]] + [math.inf]
    ((low, high),) = [(low, end) for (low, color), end in zip(bounds, ends, strict=True) if color == "green"]
    return low, high


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)
def test_promtool_can_read_every_query(environment: Environment, tmp_path: Path) -> None:
    queries = {query.expr for board in boards(environment).values() for query in asked(board)}
    rules = [{"record": f"dashboard:query:{number}", "expr": expr} for number, expr in enumerate(sorted(queries))]
    (tmp_path / "queries.json").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))

    assert rules
    assert promtool("check", "rules", "queries.json", directory=tmp_path) == ""


def test_every_query_has_a_result_while_all_is_well(tmp_path: Path) -> None:
    # What is not equal to itself is not a number.
    finite = {f"({query.expr}) == ({query.expr})": True for board in boards().values() for query in asked(board)}

    assert evaluate(finite, tmp_path) == ""


def test_every_figure_that_is_judged_is_green_while_all_is_well(tmp_path: Path) -> None:
    outside: dict[str, bool] = {}
    for query in (query for board in boards().values() for query in asked(board)):
        steps = query.panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        if query.panel["type"] == "stat" and steps[0]["color"] != "text":
            low, high = green(steps)
            bounds = [f"({query.expr}) < {low}"] * (low > -math.inf) + [f"({query.expr}) >= {high}"] * (high < math.inf)
            outside |= dict.fromkeys(bounds, False)

    assert outside
    assert evaluate(outside, tmp_path) == ""


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)
def test_what_is_shown_of_the_rules_is_recorded(environment: Environment) -> None:
    records = {rule.record for rule in environment.recordings}
    shown = {
        selector.metric
        for board in boards(environment).values()
        for query in asked(board)
        for selector in selectors(query.expr)
        if ":" in selector.metric
    }

    assert shown
    assert shown <= records


def test_every_quantile_and_ratio_that_is_recorded_for_dashboards_is_shown() -> None:
    shown = {name for board in boards().values() for query in asked(board) for name in contract.referred(query.expr)}
    for_dashboards = {
        rule.record for rule in PROD.recordings if "quantile" in rule.record or "namespace:" in rule.record
    }

    assert for_dashboards <= shown


@pytest.mark.parametrize("name", BOARDS)
def test_every_selector_stays_in_the_chosen_namespace_and_with_the_platform(name: str) -> None:
    for query in asked(boards()[name]):
        for selector in selectors(query.target["expr"]):
            assert ("namespace", "=", "$namespace") in selector.matchers
            if selector.metric.startswith("kube_deployment_"):
                assert {("deployment", "=~", "mlflow(-.+)?"), ("deployment", "=~", "$job")} <= selector.matchers
            elif selector.metric.startswith(("kube_pod_", "container_")):
                assert {("pod", "=~", "mlflow-.+"), ("pod", "=~", "($job)-[a-z0-9]+-[a-z0-9]+")} <= selector.matchers


def test_series_of_a_container_are_not_counted_again_with_their_pod() -> None:
    for board in boards().values():
        for query in asked(board):
            for selector in selectors(query.expr):
                if selector.metric.startswith(("container_memory_", "container_cpu_")):
                    assert ("container", "!=", "") in selector.matchers
