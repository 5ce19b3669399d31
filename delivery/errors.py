"""The one exception that a command turns into a message and exit code 1."""

from __future__ import annotations


class DeliveryError(Exception):
    """Something that a person can act on: what is wrong, and how to cure it."""

    def __init__(self, problem: str, cure: str) -> None:
        """Takes the problem and the cure, a sentence each."""
        super().__init__(problem)
        self.problem = problem
        self.cure = cure

    def __str__(self) -> str:
        return f"error: {self.problem}\n  cure: {self.cure}"
