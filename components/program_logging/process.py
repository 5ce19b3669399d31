"""One process, all of whose words go into its log: what it logs, prints, warns of, and dies of.

Out of reach: what Python says before it comes here, and what code in C writes past Python, such as a crash of the
interpreter itself.
"""

from __future__ import annotations

import io
import logging
import logging.config
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO, cast

from components.program_logging.lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    # Python 3.10 knows no type for the stream.
    StreamHandler = logging.StreamHandler[TextIO]
else:
    StreamHandler = logging.StreamHandler

_LOG = logging.getLogger(__name__)


def log_as_json(fields: Sequence[str] = (), levels: Mapping[str, str] | None = None) -> None:
    """Let this process log in this form, as `configuration` describes it."""
    logging.config.dictConfig(configuration(fields, levels))


def configuration(fields: Sequence[str] = (), levels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Describe the log as `logging.config` reads it, also from a file.

    Args:
        fields: What a call may give with its message as `extra`.
        levels: Of loggers that are not to tell everything from `INFO` on.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"lines": {"()": f"{__name__}.handler_of_all", "fields": list(fields)}},
        "root": {"level": "INFO", "handlers": ["lines"]},
        "loggers": {name: {"level": level} for name, level in (levels or {}).items()},
    }


class LineHandler(StreamHandler):
    """Writes lines to a stream."""

    def __init__(self, stream: TextIO, fields: Sequence[str]) -> None:
        super().__init__(stream)
        self.setFormatter(JsonLines(fields))

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - Python's name
        """Say nothing: a log that cannot be written cannot be told that either."""


def handler_of_all(fields: Sequence[str]) -> LineHandler:
    """Make the handler of this process, and lead to it what would go past it.

    By this one call a description of a log takes over a process that reads it, uvicorn's workers among them.
    """
    if not isinstance(sys.stdout, Printed):
        sys.stdout = Printed(sys.stdout, logging.getLogger("stdout"), logging.INFO)
        # What is printed there has no level; this one gets it read.
        sys.stderr = Printed(sys.stderr, logging.getLogger("stderr"), logging.WARNING)
        sys.excepthook = _ended
        threading.excepthook = _thread_ended
        sys.unraisablehook = _unraisable
        logging.captureWarnings(capture=True)
    return LineHandler(cast("TextIO", sys.__stdout__), fields)


class Printed(io.TextIOWrapper):
    """A standard stream, each of whose lines becomes one of the log."""

    def __init__(self, stream: TextIO, log: logging.Logger, level: int) -> None:
        super().__init__(stream.buffer, encoding="utf-8", errors="backslashreplace")
        self._log = log
        self._level = level
        self._begun = ""
        # The same thread may come back: a signal handler that prints.
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        """Log the lines that this ends."""
        with self._lock:
            *lines, self._begun = (self._begun + text).split("\n")
        self._tell(lines)
        return len(text)

    def flush(self) -> None:
        """Log what has been begun; whoever flushes has come to an end."""
        with self._lock:
            begun, self._begun = self._begun, ""
        self._tell([begun])
        super().flush()

    def _tell(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line.strip():
                self._log.log(self._level, "%s", line)


def _ended(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    _LOG.critical("the process ends by an error", exc_info=error)


def _thread_ended(told: threading.ExceptHookArgs) -> None:
    if told.exc_value and not isinstance(told.exc_value, SystemExit):
        name = told.thread.name if told.thread else "without a name"
        _LOG.error("the thread %s ended by an error", name, exc_info=told.exc_value)


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    if told.exc_value:
        what = told.err_msg or "an error could not be raised"
        _LOG.error("%s: %r", what, told.object, exc_info=told.exc_value)
