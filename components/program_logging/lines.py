"""A record of Python's logging as one line of JSON."""

from __future__ import annotations

import json
import logging
import time
import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from components.program_logging.redaction import LONGEST_ERROR, cut, in_one_line, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FACTS: ContextVar[Mapping[str, str] | None] = ContextVar("facts", default=None)
"""What every line is given that is logged while this holds, such as the id of the request that is being answered."""
_LONGEST_TEXT = 2_000
_LONGEST_TRACEBACK = 9_000
"""With the rest it stays below 16 KiB, where a container runtime splits lines."""


class JsonLines(logging.Formatter):
    """Time (RFC 3339, UTC), level, logger and message; facts and fields; of an error what it was and where."""

    def __init__(self, fields: Iterable[str] = ()) -> None:
        """Take the names of what may stand in a line because a call gave it as `extra`.

        Libraries put things there as well, hence it is a list of what is let through.
        """
        super().__init__()
        self._fields = tuple(fields)

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{second}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": " ".join(_clean(_message(record)).split()),
            **(FACTS.get() or {}),
            **{name: _clean(getattr(record, name)) for name in self._fields if hasattr(record, name)},
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = in_one_line(record.exc_info[1])
            line["traceback"] = _frames(record.exc_info[1])
        return json.dumps(line, default=str)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a library's mistake in what it logs must not take away the line
        return f"{record.msg} {record.args}"


def _clean(value: Any) -> Any:
    return cut(value, _LONGEST_TEXT) if isinstance(value, str) else value


def _frames(error: BaseException) -> str:
    text = without_secrets("".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip())
    text = "\n".join(line[:LONGEST_ERROR] for line in text.splitlines())
    if len(text) <= _LONGEST_TRACEBACK:
        return text
    # The end says most: the innermost frames, and the error itself.
    return text[-_LONGEST_TRACEBACK:].partition("\n")[2]
