"""The packages of `integrations`, built as they are published, and installed; one beside some MLflow client."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sandbox import paths, processes
from sandbox.progress import Progress
from sandbox.toolchain import python_env

if TYPE_CHECKING:
    from pathlib import Path

CLOUDFLARE_ACCESS = paths.CLONE / "integrations" / "mlflow-cloudflare-access"
"""For clients outside."""
DOLPHINSCHEDULER = paths.CLONE / "integrations" / "dolphinscheduler"
"""For tasks of a scheduler."""
SERVICE_CATALOG = paths.CLONE / "integrations" / "service-catalog"
"""For portals."""
TIMEOUT = 120.0  # seconds for one step


def client(lock: str, package: Path = CLOUDFLARE_ACCESS) -> Path:
    """The interpreter of an environment with one version of MLflow's client: made once, kept in the user's cache."""
    return python_env.ensure(Progress(), package / "tests" / "locks" / f"{lock}.txt")


def build_wheel(folder: Path, package: Path = CLOUDFLARE_ACCESS) -> Path:
    """A package as it is published; built from a copy, since setuptools writes beside the sources."""
    source = shutil.copytree(package, folder / "source", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    _pip(client("newest"), folder / "log", "wheel", "--no-build-isolation", f"--wheel-dir={folder / 'built'}", source)
    return next((folder / "built").iterdir())


def install(python: Path, wheel: Path, folder: Path) -> Path:
    """Installs a wheel into a folder below `folder`, to be named in PYTHONPATH."""
    _pip(python, folder / "pip.log", "install", f"--target={folder / 'site'}", wheel)
    return folder / "site"


def _pip(python: Path, log: Path, *words: str | Path) -> None:
    """Runs pip on what is on this machine alone."""
    offline = ("--no-index", "--no-deps", "--no-cache-dir", "--disable-pip-version-check")
    processes.run_logged(
        [python, "-m", "pip", *words, *offline], log, what=f"pip {words[0]} of a package for others", timeout=TIMEOUT
    )
