"""Log lines as JSON on standard error, one an event. Nothing secret is in them."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

from mlflow_ingestion.failures import one_line


class JsonFormatter(logging.Formatter):
    """Writes time (UTC), level and message, and the facts that a call gives as `extra={"facts": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        began = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{began}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": one_line(record.getMessage()),
        }
        line |= getattr(record, "facts", {})
        return json.dumps(line, ensure_ascii=False)


def log_as_json() -> None:
    """Send what this program logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # What the libraries have to say is in their reports and errors, from which this program makes its lines.
    for library in ("datahub", "mlflow", "urllib3", "asyncio", "acryl_datahub_cloud"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
