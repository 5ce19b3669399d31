"""What a person reads: each violation with its resource, its rule, what is wrong, and the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.rule import Enforcement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policies.exceptions import Exemption
    from policies.rule import Finding


def report(
    stack: str, looked_at: int, findings: Sequence[Finding], excused: Sequence[tuple[Finding, Exemption]]
) -> str:
    """Tell what was found, rule by rule in the order of the findings, and at the end how much."""
    return "\n".join([*_by_rule(findings), *_excused(excused), _summary(stack, looked_at, findings, excused)]) + "\n"


def _by_rule(findings: Sequence[Finding]) -> Iterator[str]:
    for rule in dict.fromkeys(finding.rule for finding in findings):
        yield f"{rule.enforcement.value}: {rule.name}"
        yield f"  {rule.description}"
        for finding in findings:
            if finding.rule is rule:
                resource = finding.violation.resource
                yield f"  - {resource.name} ({resource.type}): {finding.violation.what}"
        yield f"  cure: {rule.remediation}"
        yield ""


def _excused(excused: Sequence[tuple[Finding, Exemption]]) -> Iterator[str]:
    for exemption in dict.fromkeys(exemption for _, exemption in excused):
        names = sorted({finding.violation.resource.name for finding, by in excused if by is exemption})
        yield f"excepted: {exemption.rule} for {', '.join(names)}: {exemption.reason}"
    if excused:
        yield ""


def _summary(
    stack: str, looked_at: int, findings: Sequence[Finding], excused: Sequence[tuple[Finding, Exemption]]
) -> str:
    counts = [
        f"{sum(finding.rule.enforcement is level for finding in findings)} {level.value}" for level in Enforcement
    ]
    return f"{stack}: {looked_at} resources, violations: {', '.join(counts)}, {len(excused)} excepted"
