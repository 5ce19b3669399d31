"""How a collection may end, for Kubernetes as an exit code and for a person as one line of JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """The ways; 1 and what a signal leaves stay free for a program that dies instead of ending."""

    DONE = "done", 0
    """What was due is gone, or passed over for a reason; or the time was up, and the rest is for the next time."""
    NOTHING_TO_DO = "nothing to do", 0
    """Nothing was due."""
    INCOMPLETE = "incomplete", 65
    """Something that was due could not be removed; everything else was. The code is EX_DATAERR."""
    RETRY_LATER = "retry later", 75
    """It ended early for a reason that goes away: the lock, a store that is away, a signal. The code is EX_TEMPFAIL."""
    REFUSED = "refused", 78
    """It cannot work with these settings, or with this image on this database. The code is EX_CONFIG."""

    def __init__(self, words: str, exit_code: int) -> None:
        self.words = words
        self.exit_code = exit_code


class LaterError(Exception):
    """What is to be tried again later; what was removed until then is removed."""


class RefusedError(Exception):
    """What no second attempt would change."""


class Kind(Enum):
    """What is collected, and what it is called in the summary."""

    RUN = "run", "runs"
    MODEL = "logged model", "logged_models"
    EXPERIMENT = "experiment", "experiments"

    def __init__(self, singular: str, plural: str) -> None:
        self.singular = singular
        self.plural = plural


class Fate(Enum):
    """What became of a thing that was due."""

    REMOVED = "removed"
    KEPT = "kept"
    """On purpose: something refers to it, or it is not deleted any more."""
    FAILED = "failed"


@dataclass
class Tally:
    """Counts by kind."""

    due: dict[Kind, int] = field(default_factory=dict)
    fates: dict[tuple[Kind, Fate], int] = field(default_factory=dict)

    def expect(self, kind: Kind) -> None:
        """Count one that is due."""
        self.due[kind] = self.due.get(kind, 0) + 1

    def add(self, kind: Kind, fate: Fate) -> None:
        """Count what became of one."""
        self.fates[kind, fate] = self.fates.get((kind, fate), 0) + 1

    def total(self, fate: Fate) -> int:
        """Count all kinds together."""
        return sum(number for (_, each), number in self.fates.items() if each is fate)

    @property
    def left(self) -> int:
        """Those that it did not come to."""
        return sum(self.due.values()) - sum(self.fates.values())

    def numbers(self) -> dict[str, dict[str, int]]:
        """Write them by the names of the summary."""
        return {
            kind.plural: {
                "due": self.due.get(kind, 0),
                **{fate.value: self.fates.get((kind, fate), 0) for fate in Fate},
            }
            for kind in Kind
        }


@dataclass(frozen=True)
class Summary:
    """How it ended, why, and what it did."""

    outcome: Outcome
    reason: str
    tally: Tally = field(default_factory=Tally)
    dry_run: bool = False

    def fields(self) -> dict[str, Any]:
        """Write it for the log and for the termination message."""
        return {
            "outcome": self.outcome.words,
            "reason": self.reason,
            "dry_run": self.dry_run,
            **self.tally.numbers(),
        }
