"""promtool on the rules that the program makes; tests/unit/test_alert_rules.py has what each rule does."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.judges import promtool

if TYPE_CHECKING:
    from sandbox.judges.manifests import Stacks
    from tests.conftest import Accept


@pytest.fixture
def rules(rendered: Stacks) -> dict[str, Any]:
    """Production's PrometheusRule, to be spoiled."""
    found = next(each for each in rendered["prod"] if each["kind"] == "PrometheusRule")
    return copy.deepcopy(dict(found))


def test_it_finds_nothing(rendered: Stacks, accept: Accept) -> None:
    accept(promtool.judge(rendered), whole=True)


def test_it_notices_an_expression_that_prometheus_cannot_read(rules: dict[str, Any]) -> None:
    rules["spec"]["groups"][0]["rules"][0]["expr"] = "sum(up"

    (finding,) = promtool.judge({"spoiled": [rules]}).findings

    assert finding.object == "PrometheusRule/mlflow"
    assert "unclosed left parenthesis" in finding.text


def test_it_notices_a_rule_that_is_there_twice(rules: dict[str, Any]) -> None:
    group = rules["spec"]["groups"][0]
    group["rules"].append(group["rules"][0])

    (finding,) = promtool.judge({"spoiled": [rules]}).findings

    assert "1 duplicate rule(s) found" in finding.text
