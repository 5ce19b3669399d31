"""What a judge tells: how much it looked at, and what it found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a judge does not like."""

    judge: str
    rule: str
    """The judge's own name for it."""
    object: str
    """A Kubernetes object as `Kind/name`, a file by its path in the repository, or a locked package."""
    text: str
    """What is wrong, in the judge's words; of a secret, only where it is."""

    def __str__(self) -> str:
        """As one line of a report."""
        return f"{self.judge}: {self.rule}: {self.object}: {self.text}"


@dataclass(frozen=True)
class Report:
    """What came of one judge's look."""

    judge: str
    seen: int
    unit: str
    """What was counted: `objects`, `files`, and where they are from."""
    findings: frozenset[Finding]
