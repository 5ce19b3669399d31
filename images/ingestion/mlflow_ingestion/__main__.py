"""Runs a recipe once: `python -m mlflow_ingestion --recipe FILE`.

The result is a line of JSON on standard output; the log is on standard error.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_ingestion import VERSION, recipe
from mlflow_ingestion.failures import ExitCode, IngestionError, StoppedError, one_line
from mlflow_ingestion.log import log_as_json
from mlflow_ingestion.result import Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from mlflow_ingestion.pipeline import Ingestion

_LOG = logging.getLogger(__name__)
_SETTINGS = {
    # Before the framework is imported, which would report to its makers.
    "DATAHUB_TELEMETRY_ENABLED": "false",
    # A try and its repetitions take about a minute; then the Job tries again as a whole.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    # MLflow's client looks for it, to find out about commits.
    "GIT_PYTHON_REFRESH": "quiet",
}


def main(arguments: Sequence[str]) -> int:
    """Run the recipe; tell the exit code."""
    chosen = _parser().parse_args(arguments)
    log_as_json()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    began = time.monotonic()
    ingestion: Ingestion | None = None
    code, message = ExitCode.DONE, ""
    try:
        wanted = recipe.read(chosen.recipe)
        # Two seconds, which a recipe that is wrong does not take.
        from mlflow_ingestion.pipeline import Ingestion  # noqa: PLC0415

        ingestion = Ingestion(wanted)
        ingestion.run()
    except IngestionError as error:
        code, message = error.code, str(error)
    except StoppedError:
        code, message = ExitCode.STOPPED, ExitCode.STOPPED.meaning
    except Exception as error:  # noqa: BLE001 - every end has a code, also one that nobody has foreseen
        code, message = ExitCode.FAULT, one_line(error)
    _tell(code, message, time.monotonic() - began, ingestion)
    return code


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code:<4d} {code.meaning}" for code in ExitCode)
    parser = argparse.ArgumentParser(
        prog="python -m mlflow_ingestion",
        description="Tell DataHub what MLflow holds, once.",
        epilog=f"Exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recipe", type=Path, required=True, help="a recipe of DataHub's, as YAML")
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


def _tell(code: ExitCode, message: str, seconds: float, ingestion: Ingestion | None) -> None:
    """Tell the result: the warnings and one line to the log, and all of it to standard output."""
    warnings = ingestion.warnings if ingestion else []
    for warning in warnings:
        _LOG.warning("%s", warning)
    level = logging.INFO if code == ExitCode.DONE else logging.ERROR
    _LOG.log(level, "%s", message or code.meaning, extra={"facts": {"reason": code.reason, "exit_code": code}})
    result = Result(
        ok=code == ExitCode.DONE,
        exit_code=code,
        reason=code.reason,
        message=message,
        seconds=round(seconds, 2),
        records=ingestion.records if ingestion else 0,
        entities=ingestion.entities if ingestion else {},
        removed=ingestion.removed if ingestion else 0,
        warnings=len(warnings),
    )
    sys.stdout.write(result.text() + "\n")
    sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # What the framework does on its way out is not to be interrupted by a second one.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise StoppedError


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
