"""PostgreSQL's own programs: where they are, how they are started, and what they said when they failed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlflow_backup.failures import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = "/usr/lib/postgresql"
_LONGEST_MESSAGE = 600
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Running:
    """A program that runs."""

    name: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def input(self) -> IO[bytes]:
        """What it reads."""
        if self.process.stdin is None:
            raise ValueError(f"{self.name} was started without an input")
        return self.process.stdin

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        if self.process.stdout is None:
            raise ValueError(f"{self.name} was started without an output")
        return self.process.stdout

    def demand_success(self, reason: str) -> None:
        """Wait for its end.

        Raises:
            BackupError: It failed; carries what it said.
        """
        code = self.process.wait()
        if code:
            raise BackupError(f"{self.name} ended with {code}: {self.complaint()}", reason)

    def complaint(self) -> str:
        """Tell what it said, in one line. None of these programs says a password."""
        self.said.seek(0)
        return " ".join(self.said.read().decode(errors="replace").split())[-_LONGEST_MESSAGE:]


@contextmanager
def running(name: str, *arguments: str, reads: bool = False, writes: bool = False) -> Iterator[Running]:
    """Start a program; it is killed if it still runs at the end of the `with`.

    Args:
        name: Of the program.
        arguments: Nothing secret: everybody on the machine may see them.
        reads: Its standard input is a pipe, or else empty.
        writes: Its standard output is a pipe, or else dropped.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program(name), *arguments],
            stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
            stdout=subprocess.PIPE if writes else subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "PGAPPNAME": "mlflow-backup", "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C.UTF-8"},
        )
        try:
            yield Running(name, process, said)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):  # of what was still buffered for it
                        pipe.close()


def program(name: str) -> str:
    """Find a program: where Debian keeps several, the newest one itself, and not the Perl script that chooses.

    Raises:
        BackupError: It is not there.
    """
    versions = sorted(Path(_DEBIAN).glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)
    found = str(versions[0]) if versions else shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not there: install postgresql-client, not older than the server", "fault")
    return found


def version(name: str) -> str:
    """Tell the version of a program."""
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True).stdout
    match = _VERSION.search(said)
    return match[0] if match else said.strip()
