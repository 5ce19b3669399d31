"""What the client tells: one record an event, with its facts as fields; as JSON lines where that is asked for."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGGER = logging.getLogger("mlflow_client")
FIELDS = "mlflow_client_fields"
"""The attribute of a record that holds its facts."""


class JsonLines(logging.Formatter):
    """Time (RFC 3339, UTC), level, logger, message, and the facts of the event; with the error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Writes one line."""
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{second}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Writes the client's log as JSON lines; a second call changes nothing.

    Args:
        level: the least that is written.
        stream: where to; standard error, since DolphinScheduler reads a task's results (`${setValue(...)}`) from
            standard output.
    """
    if any(isinstance(each.formatter, JsonLines) for each in LOGGER.handlers):
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(level)
    LOGGER.propagate = False


def tell(message: str, facts: Mapping[str, object], level: int = logging.INFO) -> None:
    """Logs an event; what is empty among its facts is left out."""
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, message, extra={FIELDS: {name: value for name, value in facts.items() if value}})
