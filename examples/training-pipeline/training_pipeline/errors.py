"""What ends a step: a sentence that says what is wrong and what to do."""

from __future__ import annotations


class PipelineError(Exception):
    """A step cannot go on.

    Args:
        problem: what is wrong, with the argument or name that it is about.
        cure: what to do.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}; {cure}")
