"""How commands reach the supervisor: start it, find it, ask it, enter its namespaces, end it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import paths, processes
from sandbox.errors import SandboxError
from sandbox.supervisor import daemon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONTROL = paths.RUN / "control.sock"
SUPERVISOR_LOG = paths.LOGS / "supervisor.log"


@dataclass(frozen=True)
class PartStatus:
    """One part as the supervisor sees it."""

    name: str
    state: str
    """`running`, `stopped` (on request) or `died`."""
    pid: int
    """In the sandbox's PID namespace."""
    code: int | None
    log: Path

    def demand_alive(self) -> None:
        """Raises a SandboxError with the end of the part's log when it has died."""
        if self.state == "died":
            raise SandboxError(
                f"{self.name} died with exit code {self.code} ({self.log})",
                "read the lines above; `make up` starts what is missing, `make down` removes everything",
                processes.tail(self.log),
            )


def _supervisors() -> list[int]:
    """Host process ids of everything that was started as this sandbox's supervisor."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.endswith(b"/supervisor/daemon.py") for word in words) and os.fsencode(paths.STATE) in words:
            found.append(int(entry.name))
    return found


def init_process() -> int | None:
    """The supervisor's process id on the host, or None when no sandbox runs."""
    for pid in _supervisors():
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        inner = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
        if len(inner) > 1 and inner[-1] == "1":
            return pid
    return None


def launch() -> int:
    """Starts the supervisor in namespaces of its own, unless it runs, and returns its process id on the host.

    Raises:
        SandboxError: the kernel refuses the namespaces, or the supervisor ends at once.
    """
    running = init_process()
    if running is not None:
        return running
    for folder in (paths.STATE, paths.RUN, paths.LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    # Unprivileged processes of the sandbox pass through to their own folders below.
    paths.STATE.chmod(0o711)
    CONTROL.unlink(missing_ok=True)
    with SUPERVISOR_LOG.open("ab") as log:
        started = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "--propagation",
                "private",
                sys.executable,
                daemon.__file__,
                str(paths.STATE),
                str(paths.RUN),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pid = init_process()
        if pid is not None and CONTROL.exists():
            return pid
        if started.poll() is not None:
            break
        time.sleep(0.05)
    raise SandboxError(
        "the sandbox's namespaces could not be made",
        "the machine must allow root to make mount, network and PID namespaces (a privileged container does)",
        processes.tail(SUPERVISOR_LOG),
    )


def _ask(request: Mapping[str, Any]) -> Any:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(CONTROL))
            with connection.makefile("rw") as stream:
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                reply = json.loads(stream.readline() or '{"error": "no answer"}')
    except OSError as error:
        raise SandboxError(
            f"the sandbox's supervisor does not answer: {error}", "run `make down`, then `make up`"
        ) from error
    if "error" in reply:
        raise SandboxError(f"the sandbox's supervisor refused {request['do']}: {reply['error']}")
    return reply["ok"]


def status() -> dict[str, PartStatus]:
    """Every part that was ever started, by name; empty when no sandbox runs."""
    if init_process() is None:
        return {}
    return {
        name: PartStatus(name, told["state"], told["pid"], told["code"], Path(told["log"]))
        for name, told in _ask({"do": "status"}).items()
    }


def forget_ended() -> None:
    """Drops the parts that died or were stopped, so that only what is started from now on counts."""
    _ask({"do": "forget-ended"})


def start(name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Starts a part unless it runs; its output goes to the log of its name."""
    base = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8"}
    log = paths.LOGS / f"{name}.log"
    _ask(
        {
            "do": "start",
            "name": name,
            "argv": [str(word) for word in argv],
            "env": base | dict(env or {}),
            "log": str(log),
        }
    )


def stop(name: str, *, signal_number: int = signal.SIGTERM, timeout: float = 30.0) -> None:
    """Ends a part and waits until it is gone.

    Raises:
        SandboxError: it still runs after `timeout` seconds.
    """
    _ask({"do": "stop", "name": name, "signal": int(signal_number)})
    deadline = time.monotonic() + timeout
    while status()[name].code is None:
        if time.monotonic() > deadline:
            raise SandboxError(f"{name} did not end within {timeout:.0f} s")
        time.sleep(0.1)


def inside(argv: Sequence[str | Path]) -> list[str]:
    """The command line that runs a program inside the sandbox's namespaces.

    Raises:
        SandboxError: no sandbox runs.
    """
    pid = init_process()
    if pid is None:
        raise SandboxError("no sandbox is running", "start it with `make up`")
    return ["nsenter", f"--target={pid}", "--mount", "--net", "--pid", "--", *[str(word) for word in argv]]


def end() -> None:
    """Kills the supervisor; the kernel ends every process in its namespace with it."""
    for pid in _supervisors():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + 30
    while _supervisors():
        if time.monotonic() > deadline:
            raise SandboxError(f"processes {_supervisors()} of the sandbox do not end", "reboot the machine")
        time.sleep(0.1)
