"""The example `examples/training-pipeline` as tasks and guide have it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths
from tests.dolphinscheduler.source_install import lay_out
from tests.dolphinscheduler.worker import Worker
from tests.guides import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLE = paths.CLONE / "examples" / "training-pipeline"
WORKFLOW = EXAMPLE / "workflow.yaml"
GUIDE = paths.CLONE / "docs" / "integration-guide.md"
PART = "## Part 3: End-to-end pipeline"

END = "== end of a block"
PATIENCE_SECONDS = 1200.0
"""For all of the guide, the installation from the registry included."""


def worker(folder: Path, **variables: str) -> Worker:
    """A worker whose Python has the package; its tasks have some variables."""
    installed = os.pathsep.join([str(EXAMPLE), str(lay_out(folder / "installed"))])
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    return Worker(folder, Path(sys.executable), {"PYTHONPATH": installed, **quiet, **variables})


def walk(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Does what the guide tells people to do, from the installation on, in a copy of the folders that it names.

    Args:
        folder: an empty one.
        environment: of the shell; it names the server.

    Returns:
        What each block has printed: those for a shell, then those for Python, in the order of the guide.
    """
    for place in ("examples", "integrations"):
        shutil.copytree(
            paths.CLONE / place, folder / place, ignore=shutil.ignore_patterns("__pycache__", "tests", ".*")
        )
    scripts = [f"python - <<'END'\n{block}END\n" for block in blocks(GUIDE, "python", PART)]
    script = f'echo "{END}"\n'.join([*blocks(GUIDE, "sh", PART), *scripts])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout.split(f"{END}\n")
