"""The log: one JSON object a line, on stdout, with nothing in it that opens a door."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

_FIELDS = ("step", "round", "duration", "error", "experiment", "run", "signal")
"""What a message may come with."""
_LONGEST = 400
_LOGIN = re.compile(r"(?<=://)[^/\s@]*@")
_QUERY = re.compile(r"(?<=\?)[^\s'\"]+")
_PASSWORD = re.compile(r"(?i)((?:password|secret|token|authorization)\W{1,4}(?:bearer |basic )?)[^\s'\",;]+")


class JsonLines(logging.Formatter):
    """Time (RFC 3339, UTC), level, message, and the fields that belong to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": without_secrets(record.getMessage()),
            **{name: getattr(record, name) for name in _FIELDS if hasattr(record, name)},
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = in_one_line(record.exc_info[1])
        return json.dumps(line)


def set_up(stream: TextIO | None = None) -> None:
    """Let everything that logs, libraries included, do it in this form."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def in_one_line(error: BaseException) -> str:
    """Tell an error by its kind and its text, cut to a length that a person reads."""
    return without_secrets(f"{type(error).__name__}: {error}")[:_LONGEST]


def without_secrets(text: str) -> str:
    """Take out what could be one: logins and queries of URLs (a query may hold a signature), values of passwords."""
    line = " ".join(text.split())
    return _PASSWORD.sub(r"\1[removed]", _QUERY.sub("[removed]", _LOGIN.sub("", line)))
