"""MLflow's own scoring server on a model of the registry, for as long as it is asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import requests

from training_pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

ADDRESS = "127.0.0.1"
START_SECONDS = 120.0
REQUEST_SECONDS = 60.0
END_SECONDS = 30.0
PAUSE_SECONDS = 0.2
LINES = 20
"""Of the server's log, in the error when it does not come up."""
ENOUGH = 1000
"""Characters of an answer; what is wrong is at its end, behind the rows that were sent."""


@contextmanager
def serving(model_uri: str, tracking_uri: str) -> Iterator[str]:
    """Serves a model on this machine, in this Python environment, until the context ends.

    Args:
        model_uri: `models:/name@alias`, which the server itself loads from the registry.
        tracking_uri: where the registry is.

    Yields:
        The server's URL, once it answers.

    Raises:
        PipelineError: it ended, or did not answer in time; with the end of its log.
    """
    url = f"http://{ADDRESS}:{_free_port()}"
    words = ["-m", "mlflow", "models", "serve", f"--model-uri={model_uri}", "--env-manager=local", "--workers=1"]
    words += [f"--host={ADDRESS}", f"--port={url.rpartition(':')[2]}"]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": tracking_uri,
        # It starts uvicorn by its name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *words], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(url, process, log.fileno())
            yield url
        finally:
            _end(process)


def predict(url: str, features: pd.DataFrame) -> np.ndarray:
    """What a server says of some rows: an array of a row each, with a probability for each class.

    Raises:
        PipelineError: it refuses the request.
    """
    request = {"dataframe_split": features.to_dict(orient="split", index=False)}
    answer = requests.post(f"{url}/invocations", json=request, timeout=REQUEST_SECONDS)
    if not answer.ok:
        raise PipelineError(
            f"the scoring server answers with status {answer.status_code}: {answer.text[-ENOUGH:]}",
            "compare the model's signature with the columns of the data",
        )
    return np.asarray(answer.json()["predictions"], dtype=float)


def _free_port() -> int:
    with socket.create_server((ADDRESS, 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait(url: str, process: subprocess.Popen[bytes], log: int) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            requests.get(f"{url}/ping", timeout=REQUEST_SECONDS).raise_for_status()
        except requests.RequestException:
            if process.poll() is None and time.monotonic() < end:
                time.sleep(PAUSE_SECONDS)
                continue
            said = os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace").splitlines()
            raise PipelineError(
                "the scoring server did not come up", "\n".join(["its log ends with:", *said[-LINES:]])
            ) from None
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the server with what it has started; its group is its own."""
    # Where it has ended by itself, there is nobody left.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
