"""The log of the exporter."""

from __future__ import annotations

from components.program_logging.process import log_as_json

FIELDS = ("source", "duration", "error")
"""What a message may come with."""


def set_up() -> None:
    """Let everything that logs, libraries included, do it in the form of all programs."""
    # botocore tells where it found credentials, at level INFO, once.
    log_as_json(FIELDS, levels={"botocore": "WARNING"})
