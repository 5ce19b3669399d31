"""The log of the server: what makes every line of it JSON, mounted beside any image of MLflow.

- It runs by `python -m components.program_logging`, which sets the log up before MLflow's own command begins: before it
  does, MLflow looks for its database, and that is what most often fails. So does the migration, with a log of its own.
- uvicorn and each of its workers read the same description of the log by the option `--log-config`.
- The id and the line of a request come from an application around MLflow's own, which `mlflow server` finds as a plugin
  by `--app-name`. That is MLflow's documented way to give its server another application
  (https://mlflow.org/docs/latest/self-hosting/security/custom), and takes nothing away: the checks of hosts and origins
  are part of the one inside. Another way would have been a protocol class of uvicorn (`--http`), but that hangs on
  attributes which uvicorn may rename; or to start uvicorn without `mlflow server`, but then this platform would have to
  set what MLflow sets between its command and its application.

Where uvicorn is told something that it does not understand, it says so in plain text, before it reads a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from components.mlflow_server.plugin.request_log import QUIET_VARIABLE
from components.program_logging.process import configuration
from components.python_files import logged, logging_package, python_mount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.mlflow_server.args import ServerScope
    from components.mounts import Mount

PYTHON_DIR = "/etc/mlflow/log"
"""On Python's path."""
APPLICATION = "request-log"
"""What MLflow knows the application by."""
_SERVER = "server.json"
_MODULE = "request_log"
_SOURCE = Path(__file__).with_name("plugin") / f"{_MODULE}.py"
_DISTRIBUTION = f"{_MODULE}-1.dist-info"
"""Python finds entry points in a directory of this form, anywhere on its path."""
_FIELDS = ("method", "path", "status", "duration_ms", "client")
_SERVER_LEVELS = {
    # It tells where it found credentials, once a process.
    "botocore": "WARNING",
    # It tells that it looked at the schema, once a worker and store; MLflow's own set-up has it at this level too.
    "alembic": "WARNING",
}


def server_command() -> list[str]:
    """Run the server."""
    return [*logged(f"{PYTHON_DIR}/{_SERVER}"), "mlflow", "server", "--app-name", APPLICATION]


def uvicorn_options() -> dict[str, str]:
    """Say where uvicorn finds the description of the log, and that its own line about each request is not wanted."""
    return {"--log-config": f"{PYTHON_DIR}/{_SERVER}", "--no-access-log": ""}


def environment(quiet: Iterable[str]) -> dict[str, str]:
    """Say of which requests only failures are worth a line."""
    return {QUIET_VARIABLE: " ".join(quiet)}


def log_mount(scope: ServerScope) -> Mount:
    """Make the ConfigMap with the descriptions, the log's code, and the application as an installed plugin looks."""
    files = {
        **logging_package(),
        _SERVER: json.dumps(configuration(_FIELDS, _SERVER_LEVELS), indent=2),
        f"{_MODULE}.py": _SOURCE.read_text(encoding="utf-8"),
        f"{_DISTRIBUTION}/METADATA": f"Metadata-Version: 2.1\nName: {_MODULE}\nVersion: 1\n",
        f"{_DISTRIBUTION}/entry_points.txt": f"[mlflow.app]\n{APPLICATION} = {_MODULE}:create\n",
    }
    return python_mount(scope, "log", PYTHON_DIR, files)
