"""`make lock`: compiles every requirements.in to a requirements.txt with the hash of each file of each package."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sandbox import paths, processes
from sandbox.progress import Progress

UV = "uv==0.13.9"
"""Installed for this command alone; `pip install` reads the result."""
PYTHON = "3.11"
CLIENTS = ("integrations/mlflow-cloudflare-access/tests/locks", "integrations/dolphinscheduler/tests/locks")
"""The clients of MLflow that the packages for clients are tested with."""
LOCKS = "tests/integration/locks"
"""The servers of MLflow whose databases the migration is tested with, and DolphinScheduler's reader of definitions."""
BACKUP = "images/backup"
PIPELINE = "examples/training-pipeline"
_NO_STORES = ("--override", f"{LOCKS}/pydolphinscheduler-overrides.txt")
_OVERRIDES = ("--override", f"{BACKUP}/overrides.txt")
TARGETS = (
    ("requirements.in", "requirements.txt", ()),
    ("sandbox/requirements.in", "sandbox/requirements.txt", ("--constraint", "requirements.txt", *_OVERRIDES)),
    ("sandbox/judges/requirements.in", "sandbox/judges/requirements.txt", ()),
    ("sandbox/toolchain/go/requirements.in", "sandbox/toolchain/go/requirements.txt", ()),
    (f"{BACKUP}/requirements.in", f"{BACKUP}/requirements.txt", _OVERRIDES),
    *((f"images/{name}/requirements.in", f"images/{name}/requirements.txt", ()) for name in ("mlflow", "ingestion")),
    (f"{PIPELINE}/requirements.in", f"{PIPELINE}/requirements.txt", ("--constraint", "requirements.txt")),
    (f"{LOCKS}/pydolphinscheduler.in", f"{LOCKS}/pydolphinscheduler.txt", _NO_STORES),
    (f"{LOCKS}/mlflow-2.10.0.in", f"{LOCKS}/mlflow-2.10.0.txt", ()),
    *((f"{folder}/{age}.in", f"{folder}/{age}.txt", ()) for folder in CLIENTS for age in ("oldest", "newest")),
)


def run() -> None:
    """Compiles all of them; a lock's present versions stay unless a requirements.in asks for others."""
    progress = Progress()
    log = paths.CACHE / "logs" / "lock.log"
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        processes.run_logged(
            [shutil.which("python3") or "python3", "-m", "venv", folder], log, what="making an environment"
        )
        processes.run_logged([python, "-m", "pip", "install", UV], log, what=f"installing {UV}")
        for source, target, more in TARGETS:
            with progress.step("lock", f"compiling {target}"):
                processes.run_logged(
                    [
                        Path(folder) / "bin" / "uv",
                        "pip",
                        "compile",
                        "--quiet",
                        "--generate-hashes",
                        "--universal",
                        f"--python-version={PYTHON}",
                        "--no-header",
                        "--no-annotate",
                        *more,
                        source,
                        "--output-file",
                        target,
                    ],
                    log,
                    what=f"compiling {target}",
                    cwd=paths.CLONE,
                )
