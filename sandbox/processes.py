"""Running other programs: output to a log, a failure as one clear error with the end of that log."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 25
END_SECONDS = 30.0
"""What a program gets to end what it has begun."""


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, indented; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 64_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def run_logged(
    argv: Sequence[str | Path],
    log: Path,
    *,
    what: str,
    cure: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Runs a program with its output appended to `log`.

    Raises:
        SandboxError: it failed or took longer than `timeout` seconds; names `what`, the log and its last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            code = subprocess.run(  # noqa: PLW1510 - judged below
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                timeout=timeout,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise SandboxError(f"{what} took longer than {timeout:.0f} s ({log})", cure, tail(log)) from error
        except FileNotFoundError as error:
            raise SandboxError(f"{what}: {argv[0]} is not there", cure) from error
    if code != 0:
        raise SandboxError(f"{what} failed with exit code {code} ({log})", cure, tail(log))


def output_of(
    argv: Sequence[str | Path],
    *,
    what: str,
    timeout: float = 60.0,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """The standard output of a program; `env` replaces this process's environment.

    Raises:
        SandboxError: it failed; carries what it said on standard error.
    """
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=env,
        )
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise SandboxError(f"{what}: {error}") from error
    if done.returncode != 0:
        detail = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-TAIL_LINES:])
        raise SandboxError(f"{what} failed with exit code {done.returncode}", detail=detail)
    return done.stdout


def watch(argv: Sequence[str | Path], *, env: Mapping[str, str], timeout: float | None = None) -> int:
    """Runs a program for a person to watch, on standard error, and returns its exit code.

    It is never killed at once: Ctrl-C reaches it too, and after `timeout` seconds it gets the same signal, so that it
    can end what it has begun.
    """
    process = subprocess.Popen(
        [str(word) for word in argv], env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno()
    )
    try:
        return process.wait(timeout)
    except KeyboardInterrupt:
        process.wait()
        raise
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Whether a program ends with exit code 0; its output is not of interest."""
    return subprocess.run([str(word) for word in argv], capture_output=True, check=False).returncode == 0
