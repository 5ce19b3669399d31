"""The Python environments of program, sandbox and tests: locked with hashes, one a lock file, in the user's cache.

Runs before anything is installed, so it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths, processes
from sandbox.locking import exclusive
from sandbox.toolchain import cache

if TYPE_CHECKING:
    from sandbox.progress import Progress

LOCK_FILE = paths.CLONE / "sandbox" / "requirements.txt"
OLDEST_SUPPORTED = (3, 11)


def folder(lock: Path | None = None) -> Path:
    """Where the environment for a lock, by default this clone's, and this interpreter belongs."""
    inputs = hashlib.sha256((lock or LOCK_FILE).read_bytes())
    inputs.update(f"{sys.implementation.cache_tag} {sysconfig.get_platform()} {sys.base_prefix}".encode())
    return paths.CACHE / "python" / inputs.hexdigest()[: paths.KEY_LENGTH]


def is_active() -> bool:
    """Whether this process already runs in it."""
    return Path(sys.prefix) == folder()


def is_there(lock: Path | None = None) -> bool:
    """Whether the cache has it, whole."""
    return (folder(lock) / ".complete").exists()


def ensure(progress: Progress, lock: Path | None = None) -> Path:
    """The environment's interpreter; built first where the cache does not have it.

    Args:
        progress: says what is done.
        lock: a lock file other than this clone's, as for a client that the tests use.

    Raises:
        SandboxError: a package cannot be had; carries pip's last lines.
    """
    place = folder(lock)
    if is_there(lock):
        cache.note_use(place)
        return place / "bin" / "python"
    log = paths.CACHE / "logs" / "python-environment.log"
    with exclusive(place.with_suffix(".lock"), wait=True, doing="building the Python environment"):
        if not is_there(lock):
            # Scripts in it carry its path, so it is built in place: the marker, written last, tells whole from half.
            shutil.rmtree(place, ignore_errors=True)
            with progress.step("python", f"installing the locked Python packages (log: {log})"):
                processes.run_logged([sys.executable, "-m", "venv", place], log, what="making a Python environment")
                processes.run_logged(
                    [
                        place / "bin" / "python",
                        "-m",
                        "pip",
                        "install",
                        "--no-deps",
                        "--require-hashes",
                        "--only-binary=:all:",
                        "--no-cache-dir",
                        "--progress-bar=off",
                        f"--requirement={lock or LOCK_FILE}",
                    ],
                    log,
                    what="installing the locked Python packages",
                    cure="check that the Python package registry is reachable (pip download six), then run it again",
                )
            (place / ".complete").touch()
            cache.forget_unused(place.parent, "*")
    return place / "bin" / "python"
