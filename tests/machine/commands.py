"""Calls of the commands behind the Makefile, as a person makes them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

UP_SECONDS = 600


def sandbox(
    command: str, *, clone: Path = paths.CLONE, timeout: float = UP_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; output and messages come together."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", command],
        cwd=clone,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def kill_up_at(message: str, log: Path) -> None:
    """Starts `up` and kills it, with everything that it started itself, as soon as it has printed `message`."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "up"],
            cwd=paths.CLONE,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + UP_SECONDS
        while message not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert message in log.read_text(), f"`up` never printed {message!r}:\n{log.read_text()}"


def _environment() -> dict[str, str]:
    # As in a shell that knows nothing of the sandbox.
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "MLFLOW_", "KUBECONFIG"))
    }
