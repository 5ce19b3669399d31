"""Starts the migration: `python -m migration`."""

from __future__ import annotations

import logging
import os
import signal
import sys

from . import gate
from .outcome import StoppedError
from .settings import Settings

_LOG = logging.getLogger(__name__)


def main() -> int:
    """Migrate, tell how it ended where Kubernetes looks for it, and return the exit code."""
    # As a container's first process, it would otherwise never hear of SIGTERM.
    signal.signal(signal.SIGTERM, _stop)
    settings = Settings.of(os.environ)
    ending = gate.run(settings)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends, and shall tell how
    outcome = ending.outcome
    _LOG.log(logging.ERROR if outcome.exit_code else logging.INFO, "%s", ending, extra={"outcome": outcome.words})
    settings.message_file.write_text(f"{ending}\n", encoding="utf-8")
    return outcome.exit_code


def _stop(*_: object) -> None:
    raise StoppedError


if __name__ == "__main__":
    sys.exit(main())
