"""What is left of a report once the exceptions are taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.judges.exceptions import Exemption
    from sandbox.judges.report import Finding, Report


@dataclass(frozen=True)
class Verdict:
    """A report, sorted by the exceptions."""

    report: Report
    findings: tuple[Finding, ...]
    """Those that no exception excuses."""
    used: tuple[Exemption, ...]
    unused: tuple[Exemption, ...]

    def __str__(self) -> str:
        """The judge's line."""
        found, excused = len(self.findings), len(self.used)
        return f"{self.report.judge}: {self.report.seen} {self.report.unit}, {found} findings, {excused} exceptions"

    def complaints(self, *, whole: bool) -> list[str]:
        """Tell what is wrong.

        Args:
            whole: the judge looked at everything that the exceptions can be for, so that an unused one is an error.
        """
        told = [str(finding) for finding in self.findings]
        if not self.report.seen:
            told.append(f"{self.report.judge}: it was given nothing to judge")
        if whole:
            told += [f"{each.judge}: {each.rule}: {each.object}: the exception is for nothing" for each in self.unused]
        return told


def sort_out(report: Report, exemptions: Sequence[Exemption]) -> Verdict:
    """Sort a report by the exceptions for its judge."""
    own = [each for each in exemptions if each.judge == report.judge]
    used = tuple(each for each in own if any(each.excuses(finding) for finding in report.findings))
    left = (finding for finding in report.findings if not any(each.excuses(finding) for each in own))
    return Verdict(report, tuple(sorted(left)), used, tuple(each for each in own if each not in used))
