"""The report of kills at random points: for programs as JSON, for people as a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from sandbox.layers import OUTPUT

FILE = OUTPUT / "kills.json"
TABLE = OUTPUT / "kills.txt"


@dataclass(frozen=True)
class Span:
    """Of a command that nobody disturbs: what comes before its first step leaves nothing behind."""

    first_step: float
    """Seconds after its start."""
    end: float
    """Seconds after its start."""

    def at(self, part: float) -> float:
        """The second at which so much of the steps' time is over."""
        return self.first_step + part * (self.end - self.first_step)


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill, and what became of the stack."""

    command: str
    seconds: float
    """From its start until it was killed."""
    landed: bool
    """False: the command was quicker than the one that was measured, and there was nothing left to kill."""
    resources: int
    """In the state by then."""
    under_way: dict[str, str]
    """What was being done, by the name of the resource."""
    recovery_seconds: float
    """For the documented commands, without the one that goes on."""


@dataclass
class Report:
    """All kills of one run."""

    seed: int
    undisturbed: dict[str, Span]
    """By the command."""
    kills: list[Kill] = field(default_factory=list)
    converged: int = 0
    """So many of them have led to a stack with nothing to do and nothing left behind."""

    def write(self) -> None:
        """Writes both files; called after each step, so that a failure leaves what led to it."""
        OUTPUT.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(asdict(self), indent=2) + "\n")
        TABLE.write_text(self.table())

    def table(self) -> str:
        """The table for people."""
        rows = [("kill", "command", "after", "in the state", "recovery", "then", "under way")]
        for number, kill in enumerate(self.kills, start=1):
            then = "converged" if number <= self.converged else "did not converge"
            doing = ", ".join(f"{what} {name}" for name, what in kill.under_way.items()) or "nothing"
            fields = (str(kill.resources), f"{kill.recovery_seconds:.1f} s", then, doing)
            after = f"{kill.seconds:.1f} s"
            rows.append((str(number), kill.command, after, *(fields if kill.landed else ("", "", then, "had ended"))))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        measured = ", ".join(
            f"pulumi {command} {span.first_step:.1f} s to its first step and {span.end:.1f} s to its end"
            for command, span in self.undisturbed.items()
        )
        return "\n".join([f"KILL_SEED={self.seed}; undisturbed: {measured}", *lines]) + "\n"
