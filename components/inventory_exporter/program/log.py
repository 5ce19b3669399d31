"""Log lines as JSON, one an event."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

_LONGEST_ERROR = 300


class JsonFormatter(logging.Formatter):
    """Writes time (UTC), level and message, and the facts that a call gives as `extra={"facts": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        began = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{began}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = one_line(record.exc_info[1])
        return json.dumps(line)


def one_line(error: BaseException) -> str:
    """Say what failed in one line; neither libpq nor botocore puts a password or a key into what it says."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR]


def log_as_json() -> None:
    """Send what this program and its libraries log to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # botocore tells where it found credentials, at level INFO, once.
    logging.getLogger("botocore").setLevel(logging.WARNING)
