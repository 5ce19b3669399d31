"""The server, started with the very command, variables and files of its pods.

Only what does not exist on this machine is another: a database and a directory for artifacts instead of PostgreSQL and
a bucket, the address, and no metrics, whose package is in the server's image only.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from tests.pod_files import lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording

PATIENCE_SECONDS = 120
REQUEST_LOG = "request_log"


@dataclass(frozen=True)
class Pod:
    """A pod's program as a process here."""

    folder: Path
    command: list[str]
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as output:
            return subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )

    def run(self) -> int:
        """Runs to the end; returns how that went."""
        return self.start().wait(PATIENCE_SECONDS)

    def lines(self) -> list[dict[str, Any]]:
        """Every line so far, each of which has to have the form of the log."""
        complete, _, _ = self.log.read_text().rpartition("\n")
        lines = [json.loads(line) for line in complete.splitlines()]
        assert [line for line in lines if not {"time", "level", "logger", "message"} <= set(line)] == []
        return lines

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines()]


@dataclass(frozen=True)
class Server:
    """A server that has been started, at its port."""

    pod: Pod
    port: int

    def wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while self.pod.messages().count("Application startup complete.") < int(self.pod.environment["MLFLOW_WORKERS"]):
            assert process.poll() is None, self.pod.log.read_text()
            assert time.monotonic() < end, self.pod.log.read_text()
            time.sleep(0.2)

    def ask(self, method: str, path: str, request_id: str | None = None, **more: Any) -> requests.Response:
        headers = {"Host": "mlflow.local", **({"X-Request-ID": request_id} if request_id else {})}
        headers |= more.pop("headers", {})
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=30, **more)

    def told(self, request_id: str, logger: str = REQUEST_LOG) -> dict[str, Any]:
        """The line about a request, by default its own, which comes soon after the answer."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for line in self.pod.lines():
                if (line.get("request_id"), line["logger"]) == (request_id, logger):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"nothing by {logger} about {request_id}:\n{self.pod.log.read_text()}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def make_database(folder: Path) -> Path:
    """Makes what the migration makes, whose own program is for PostgreSQL alone."""
    path = folder / "mlflow.db"
    words = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{path}"]
    subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    return path


def server_pod(dev: Recording, folder: Path, database: Path, port: int) -> Pod:
    """A server with a copy of a database."""
    laid_out = lay_out(dev.called("mlflow-deployment").spec["template"]["spec"], dev, folder)
    shutil.copy(database, folder / "mlflow.db")
    variables = {
        "PATH": os.environ["PATH"],
        **laid_out.environment,
        "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{folder}/mlflow.db",
        "MLFLOW_HOST": "127.0.0.1",
        "MLFLOW_PORT": str(port),
        "MLFLOW_ARTIFACTS_DESTINATION": str(folder / "artifacts"),
    }
    variables.pop("MLFLOW_EXPOSE_PROMETHEUS")
    python, *words = laid_out.command
    assert python == "python"
    return Pod(folder, [sys.executable, *words], variables)
