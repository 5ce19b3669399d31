"""How a migration may end, for Kubernetes as an exit code and for a person as a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """The ways; 1 and what a signal leaves stay free for a program that dies instead of ending."""

    DONE = "done", 0
    """The schema is the image's now, and no table has lost a row."""
    NOTHING_TO_DO = "nothing to do", 0
    """The schema was the image's already."""
    RETRY_LATER = "retry later", 75
    """Nothing was changed, for a reason that goes away: a lock, a database that is away. The code is EX_TEMPFAIL."""
    REFUSED = "refused", 78
    """Nothing was changed and never will be by this image: the database is newer, or not MLflow's. It is EX_CONFIG."""
    ROLLED_BACK = "failed and rolled back", 70
    """It failed, and the database is what it was: the next attempt would fail as well. The code is EX_SOFTWARE."""
    LEFT_CHANGED = "failed and left the database changed", 71
    """It failed, but PostgreSQL has committed something: the database has to be restored. The code is EX_OSERR."""

    def __init__(self, words: str, exit_code: int) -> None:
        self.words = words
        self.exit_code = exit_code


@dataclass(frozen=True)
class Ending:
    """How it ended, and why."""

    outcome: Outcome
    reason: str

    def __str__(self) -> str:
        return f"{self.outcome.words}: {self.reason}"


class EndedError(Exception):
    """Carries an ending from where it is found; nothing has been changed by then."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.ending = Ending(outcome, reason)


class StoppedError(BaseException):
    """The process was told to stop; not an `Exception`, which a library on the way might take for its own."""
