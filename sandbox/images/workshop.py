"""Runs the programs that build images so that nothing of them can outlive the build.

Each runs with mount and process namespaces of its own, tied to this process: when it ends, or is killed by whatever
signal, the kernel ends every process inside and drops every mount, so that a working folder can always be removed.
"""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.processes import run_logged, tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Ends the program with the thread that started it, also when that is killed.
TIED = ("setpriv", "--pdeathsig", "KILL", "--")

# --kill-child passes that end on to everything in the namespace. /var/lib is read-only inside: buildah would keep a
# cache of its own there, whatever storage it is given; it does without when it cannot. The working folder stays
# writable even if it lies below.
ISOLATED = (
    *TIED,
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--",
    "sh", "-ec",
    'mount --bind "$0" "$0"; mount --rbind /var/lib /var/lib; mount -o remount,bind,ro /var/lib; cd "$0"; exec "$@"',
)  # fmt: skip

GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

CURES = (
    (r"no space left on device|disk quota exceeded", "free some disk space, and call this again"),
    (
        r"do not match the hashes|hash mismatch|hash sum mismatch",
        "the registry serves other bytes than the lock names: check the registry, do not override the hash",
    ),
    (
        r"no matching distribution|could not find a version",
        "the package registry lacks a locked version: check pip's settings (pip config list)",
    ),
    (
        r"(not|n't) (resolve|download)|name resolution|connection (refused|error)|timed out|unreachable|max retries",
        "the registry could not be reached: check the network, proxy and registry settings, and call this again",
    ),
    (r"operation not permitted|permission denied", "building images needs root with the right to mount"),
)
"""What a program prints, and what a person does about it; the first that fits is shown."""


@dataclass(frozen=True)
class Workshop:
    """Runs the programs of one build, with their output in one log."""

    log: Path
    work: Path
    """The build's folder: temporary files go there too, since /tmp may be small."""

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        what: str,
        environment: Mapping[str, str] | None = None,
        isolated: bool = True,
    ) -> None:
        """Runs a program to its end.

        Args:
            argv: the command line.
            what: the step, for the message.
            environment: added to this process's own.
            isolated: false for a program that neither mounts nor starts daemons.

        Raises:
            SandboxError: it failed; carries the command, the end of the log and the cure.
        """
        command = " ".join(str(word) for word in argv)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            log.write(f"$ {command}\n")
        temporary = self.work / "tmp"
        temporary.mkdir(exist_ok=True)
        try:
            run_logged(
                [*((*ISOLATED, self.work) if isolated else TIED), *argv],
                self.log,
                what=what,
                cwd=self.work,
                env={**os.environ, "TMPDIR": str(temporary), **(environment or {})},
            )
        except SandboxError as error:
            raise SandboxError(error.problem, cure_for(tail(self.log)), f"    $ {command}\n{error.detail}") from error


def cure_for(text: str) -> str:
    """The cure for what the end of a log says."""
    for pattern, cure in CURES:
        if re.search(pattern, text, re.IGNORECASE):
            return cure
    return "see the log, and call this again"


def go_architecture() -> str:
    """This machine's architecture as images name it.

    Raises:
        SandboxError: neither x86-64 nor 64-bit ARM.
    """
    machine = platform.machine()
    if machine not in GO_ARCHITECTURES:
        raise SandboxError(f"no images for a machine of type {machine}", "use one of x86_64 or aarch64")
    return GO_ARCHITECTURES[machine]
