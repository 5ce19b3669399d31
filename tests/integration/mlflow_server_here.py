"""Servers of MLflow as processes of this machine, of any version, and their contents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.integration.plugin_harness import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPT = Path(__file__).with_name("mlflow_contents.py")
NEW = Path(sys.executable)
PATIENCE = 120.0  # seconds for a start, or for the script


@dataclass(frozen=True)
class Server:
    """One that answers."""

    url: str
    folder: Path

    def fill(self, python: Path) -> None:
        self._script(python, "write")

    def add(self, python: Path) -> None:
        self._script(python, "more")

    def contents(self, python: Path) -> dict[str, Any]:
        """All that is in it, as the client of a Python reads it."""
        contents: dict[str, Any] = json.loads(self._script(python, "read"))
        return contents

    def _script(self, python: Path, action: str) -> str:
        done = subprocess.run(
            [python, SCRIPT, action, self.url],
            env=environment(python, self.folder),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@contextmanager
def serving(
    python: Path, uri: str, artifacts: Path | str, folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server on a database and a folder, or a URI, of artifacts; it ends with the context."""
    port = free_port()
    log = folder / f"server-{port}.log"
    words = ["server", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
    stores = [f"--backend-store-uri={uri}", f"--artifacts-destination={artifacts}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", "mlflow", *words, *stores],
            env={**environment(python, folder), **(variables or {})},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", folder)
        _wait(server, process, log)
        yield server
    finally:
        # MLflow 2 leaves gunicorn behind when it alone is told to end.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def environment(python: Path, folder: Path) -> dict[str, str]:
    return {
        # MLflow 2 starts gunicorn by its name.
        "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(f"{server.url}/health", timeout=5).raise_for_status()
        except requests.RequestException:
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.2)
        else:
            return
