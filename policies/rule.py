"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from policies.resource import Resource


class Enforcement(Enum):
    """What follows from a violation; the names are those of `pulumi-policy`."""

    MANDATORY = "mandatory"
    """The command fails."""
    ADVISORY = "advisory"
    """The command tells, and goes on."""


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with one resource."""

    resource: Resource
    what: str
    """Names the place within the resource and its value; no secret can be in it, for the rules see none."""


Check = Callable[[Sequence[Resource]], Iterable[Violation]]
"""Looks at every resource of one stack at a time: some rules are about two of them."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule with what a reader of its findings needs."""

    name: str
    description: str
    """What holds for every stack, as one sentence."""
    remediation: str
    """What to do about a violation, in the imperative."""
    check: Check
    enforcement: Enforcement = Enforcement.MANDATORY


@dataclass(frozen=True)
class Finding:
    """A violation and the rule that it is one of."""

    rule: Rule
    violation: Violation


def judge(rules: Iterable[Rule], resources: Sequence[Resource]) -> list[Finding]:
    """Apply the rules to the resources of one stack."""
    return [Finding(rule, violation) for rule in rules for violation in rule.check(resources)]
