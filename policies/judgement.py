"""What the rules say of one stack, its exceptions sorted out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies import exceptions, registry
from policies.errors import InputError
from policies.rule import Enforcement, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.exceptions import Exemption
    from policies.resource import Resource
    from policies.rule import Finding


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Findings about a stack."""

    stack: str
    looked_at: int
    """Number of resources."""
    findings: Sequence[Finding]
    excused: Sequence[tuple[Finding, Exemption]]

    @property
    def violated(self) -> bool:
        """Whether a mandatory rule is."""
        return any(finding.rule.enforcement is Enforcement.MANDATORY for finding in self.findings)


def judgement(resources: Sequence[Resource], stack: str, exemptions: Sequence[Exemption]) -> Judgement:
    """Judge every resource of a stack.

    Args:
        resources: What the stack has, or will have.
        stack: Its name, maybe with its organization.
        exemptions: What it may do although a rule says otherwise.

    Raises:
        InputError: The resources are of another stack.
    """
    name = stack.rpartition("/")[2]
    _demand_stack(resources, name)
    findings, excused = exceptions.sort_out(judge(registry.RULES, resources), exemptions)
    return Judgement(stack=name, looked_at=len(resources), findings=findings, excused=excused)


def _demand_stack(resources: Sequence[Resource], stack: str) -> None:
    """The exceptions of another stack must not excuse this one."""
    others = sorted({resource.stack for resource in resources} - {stack})
    if others:
        raise InputError(
            f"the input is of stack {', '.join(others)}, not of {stack}",
            "name the stack that the preview is of by --stack",
        )
