"""Each rule by its examples (`examples/`), and what holds for the rules as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from policies.registry import RULES
from tests.unit.policies.examples import EXAMPLES

if TYPE_CHECKING:
    from tests.unit.policies.examples.example import Example

BY_NAME = {rule.name: rule for rule in RULES}
VIOLATING = [example for example in EXAMPLES if example.found]
PASSING = [example for example in EXAMPLES if not example.found]


def name(example: Example) -> str:
    return f"{example.rule}: {example.sentence}"


@pytest.mark.parametrize("example", VIOLATING, ids=name)
def test_a_rule_finds_each_violation_and_says_what_is_wrong(example: Example) -> None:
    found = [violation.what for violation in BY_NAME[example.rule].check(example.resources)]

    assert sorted(found) == sorted(example.found)


@pytest.mark.parametrize("example", PASSING, ids=name)
def test_a_rule_leaves_alone_what_keeps_it(example: Example) -> None:
    assert [violation.what for violation in BY_NAME[example.rule].check(example.resources)] == []


@pytest.mark.parametrize("rule", BY_NAME)
def test_every_rule_has_a_violating_and_a_passing_example(rule: str) -> None:
    assert {bool(example.found) for example in EXAMPLES if example.rule == rule} == {True, False}


def test_every_rule_has_a_name_of_its_own_a_sentence_and_a_cure() -> None:
    assert len(BY_NAME) == len(RULES)
    assert [rule.name for rule in RULES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)] == []
    assert [rule.name for rule in RULES if not rule.description.endswith(".") or not rule.remediation] == []
