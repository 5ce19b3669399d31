"""What a person reads: each violation with its resource, its rule, what is wrong, and the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.rule import Enforcement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policies.exceptions import Exemption
    from policies.judgement import Judgement
    from policies.rule import Finding


def report(judged: Judgement) -> str:
    """Tell what was found, rule by rule in the order of the findings, and at the end how much."""
    return "\n".join([*_by_rule(judged.findings), *_excused(judged.excused), summary(judged)]) + "\n"


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


def summary(judged: Judgement) -> str:
    """Tell how much was found, in a line."""
    counts = [
        f"{sum(finding.rule.enforcement is level for finding in judged.findings)} {level.value}"
        for level in Enforcement
    ]
    return (
        f"{judged.stack}: {judged.looked_at} resources, violations: {', '.join(counts)}, {len(judged.excused)} excepted"
    )
