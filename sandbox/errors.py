"""The one exception that a command turns into a message and a non-zero exit."""

from __future__ import annotations


class SandboxError(Exception):
    """Something that a person can act on: what is wrong, and how to cure it."""

    def __init__(self, problem: str, cure: str = "", detail: str = "") -> None:
        """Takes the problem in a sentence, the cure in another, and what a program printed about it."""
        super().__init__(problem)
        self.problem = problem
        self.cure = cure
        self.detail = detail

    def __str__(self) -> str:
        """The message as a person reads it: detail first, so that the cure is the last line."""
        parts = [self.detail.rstrip(), f"error: {self.problem}", f"  cure: {self.cure}" if self.cure else ""]
        return "\n".join(part for part in parts if part)
