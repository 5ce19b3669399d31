"""The log of the canary."""

from __future__ import annotations

from components.program_logging.process import log_as_json

FIELDS = ("step", "round", "duration", "error", "experiment", "run", "signal")
"""What a message may come with."""


def set_up() -> None:
    """Let everything that logs, libraries included, do it in the form of all programs."""
    log_as_json(FIELDS)
