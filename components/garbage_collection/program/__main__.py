"""Starts a collection: `python -m garbage_collection`."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from components.program_logging.process import log_as_json

from . import collection
from .outcome import Outcome, Summary
from .settings import MESSAGE_FILE, Settings, SettingsError

_LOG = logging.getLogger(__name__)
_SUMMARY = tuple(Summary(Outcome.DONE, "").fields())
_FIELDS = ("kind", "id", "age_days", *_SUMMARY)
_LEVELS = {
    # Where it found credentials.
    "botocore": "WARNING",
    # What MLflow reads of the schema's history.
    "alembic": "WARNING",
}


def main() -> int:
    """Collect, tell how it ended in the log and where Kubernetes looks for it, and return the exit code."""
    log_as_json(_FIELDS, _LEVELS)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # As a container's first process, it would otherwise never hear of SIGTERM. It stops between two removals.
        signal.signal(number, lambda *_: stop.set())
    try:
        summary = collection.run(Settings.of(os.environ), stop)
    except SettingsError as wrong:
        summary = Summary(Outcome.REFUSED, str(wrong))
    told = summary.fields()
    level = logging.ERROR if summary.outcome.exit_code else logging.INFO
    _LOG.log(level, "%s: %s", summary.outcome.words, summary.reason, extra=told)
    Path(os.environ[MESSAGE_FILE]).write_text(f"{json.dumps(told)}\n", encoding="utf-8")
    return summary.outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
