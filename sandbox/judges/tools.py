"""The programs of the judges, pinned with hashes: wheels in an environment of their own, Go programs, and promtool."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.toolchain import cache, go_tools, host, python_env
from sandbox.toolchain.go_modules import JUDGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.progress import Progress

LOCK_FILE = Path(__file__).with_name("requirements.txt")
SECONDS = 300.0
"""What a judge gets: the slowest takes half a minute on one idle core."""


def ensure(progress: Progress) -> None:
    """Installs and builds what is not there.

    Raises:
        SandboxError: a package or module cannot be had; carries the last lines of who says so.
    """
    host.extend_path()
    host.install_packages(progress, host.RULE_CHECKER)
    python_env.ensure(progress, LOCK_FILE)
    # What is left of the build goes when the sandbox's tools are built, with which it shares the compiler.
    go_tools.build(JUDGES, progress)
    if go_tools.place_of(JUDGES).exists():
        cache.note_use(go_tools.place_of(JUDGES))


def program(name: str) -> Path:
    """A judge's executable.

    Raises:
        SandboxError: it is not there.
    """
    built = go_tools.locate(JUDGES).get(name)
    for place in (python_env.folder(LOCK_FILE) / "bin" / name, built, shutil.which(name)):
        if place is not None and Path(place).exists():
            return Path(place)
    raise SandboxError(f"the judge {name} is not there", "run `make judge`: it builds and installs the judges")


def told_by(name: str, *words: str | Path, found: Sequence[int] = (1,), errors: bool = False) -> str:
    """What a judge prints on standard output.

    Args:
        name: its program's.
        words: arguments.
        found: the exit codes, besides 0, of a judge that found something.
        errors: tell what it prints on standard error too.

    Raises:
        SandboxError: it ended with any other exit code, took too long, or is not there: it has not judged.
    """
    argv = [str(program(name)), *map(str, words)]
    try:
        done = subprocess.run(
            argv,
            cwd=paths.CLONE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"{name} took longer than {SECONDS:.0f} s") from error
    if done.returncode not in {0, *found}:
        raise SandboxError(
            f"{name} ended with {done.returncode} instead of a judgement", detail=(done.stderr or done.stdout)[-4000:]
        )
    return done.stdout + done.stderr if errors else done.stdout
