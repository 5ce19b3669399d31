"""What the rules say of one stack, its exceptions sorted out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies import exceptions, registry
from policies.errors import InputError
from policies.pulumi_json import resources_in
from policies.rule import Enforcement, judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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


def judgement(text: str, stack: str, exempted: Path = exceptions.FILE) -> Judgement:
    """Judge what Pulumi wrote.

    Args:
        text: Output of `pulumi preview --json --show-sames`, or of `pulumi stack export`.
        stack: Name of the stack that it is of, maybe with its organization.
        exempted: TOML file of exceptions.

    Raises:
        InputError: The text or the file is of no use, or the text is of another stack.
    """
    exemptions = exceptions.read(exempted)
    resources = resources_in(text)
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
