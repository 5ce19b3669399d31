"""Log lines as JSON on standard error, one an event, and the progress of what takes long. Nothing secret is in them."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

_LONGEST_ERROR = 500
_PROGRESS_SECONDS = 10.0
_LOG = logging.getLogger(__name__)


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
            # Neither libpq nor botocore puts a password or a key into what it says.
            error = record.exc_info[1]
            line["error"] = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_ERROR]
        return json.dumps(line, ensure_ascii=False)


def log_as_json() -> None:
    """Send what this program and its libraries log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # A pool that is full says so at each connection that it drops; botocore tells where it looks for what.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("botocore").setLevel(logging.WARNING)


class Progress:
    """Counts objects and bytes, and logs them now and then: a line every ten seconds, and one at the end."""

    def __init__(self, what: str, *, of_objects: int | None = None) -> None:
        self.objects = 0
        self.bytes = 0
        self._what = what
        self._of = of_objects
        self._began = self._told = time.monotonic()

    def add(self, size: int) -> None:
        """Count one object. For one thread only: that which collects the results."""
        self.objects += 1
        self.bytes += size
        if time.monotonic() - self._told >= _PROGRESS_SECONDS:
            self._told = time.monotonic()
            self._tell("going on")

    def done(self) -> None:
        """Log the whole."""
        self._tell("done")

    def _tell(self, state: str) -> None:
        seconds = time.monotonic() - self._began
        facts: dict[str, Any] = {"objects": self.objects, "bytes": self.bytes, "seconds": round(seconds, 1)}
        if self._of is not None:
            facts["of"] = self._of
        _LOG.info("%s: %s", self._what, state, extra={"facts": facts})
