"""Process 1 of the sandbox: holds its namespaces, keeps its parts, and ends all of them by ending itself.

The sandbox lives in a mount, a network and a PID namespace of its own. When this process goes, the kernel ends every
process in the PID namespace, drops every mount and removes the network: nothing can be left behind on the host but
cgroups and files, whatever state the sandbox was in.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUEST_SECONDS = 5.0
"""A caller writes its one line at once."""

PRIVATE = {
    # Places that the container runtime and the kubelet write to without asking: each gets a folder of the sandbox's.
    "/var/log": "var-log",
    "/var/lib/cni": "var-lib-cni",
}


@dataclass
class Kept:
    """A part's process: how it was started, and how it ended if it has."""

    process: subprocess.Popen[bytes]
    log: str
    started: float
    code: int | None = None
    stopping: bool = False

    def describe(self) -> dict[str, Any]:
        """What the client is told."""
        running = self.code is None
        return {
            "state": "running" if running else "stopped" if self.stopping else "died",
            "pid": self.process.pid,
            "code": self.code,
            "log": self.log,
            "started": self.started,
        }


class Supervisor:
    """Starts, stops and reports processes on request; knows nothing of what they are."""

    def __init__(self) -> None:
        self.parts: dict[str, Kept] = {}

    def reap(self) -> None:
        """Collects ended processes: the parts' own and the orphans that fall to process 1."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for kept in self.parts.values():
                if kept.process.pid == pid and kept.code is None:
                    kept.code = os.waitstatus_to_exitcode(status)
                    kept.process.returncode = kept.code

    def start(self, name: str, argv: list[str], env: dict[str, str], log: str) -> dict[str, Any]:
        """Starts a part unless it runs."""
        self.reap()
        kept = self.parts.get(name)
        if kept is None or kept.code is not None:
            with Path(log).open("ab") as output:
                process = subprocess.Popen(  # the reaper waits for it
                    argv,
                    env=env,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            kept = self.parts[name] = Kept(process, log, time.time())
        return kept.describe()

    def stop(self, name: str, signal_number: int) -> dict[str, Any]:
        """Sends a part a signal; whoever asked watches the status for its end."""
        kept = self.parts[name]
        if kept.code is None:
            kept.stopping = True
            os.kill(kept.process.pid, signal_number)
        return kept.describe()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Does what one request asks for."""
        match request["do"]:
            case "start":
                return self.start(request["name"], request["argv"], request["env"], request["log"])
            case "stop":
                return self.stop(request["name"], request["signal"])
            case "forget-ended":
                self.reap()
                self.parts = {name: kept for name, kept in self.parts.items() if kept.code is None}
                return {}
            case "status":
                self.reap()
                return {name: kept.describe() for name, kept in self.parts.items()}
            case unknown:
                raise ValueError(f"unknown request {unknown!r}")

    def serve(self, control: socket.socket) -> None:
        """Answers requests, one JSON line each, until the process is ended."""
        control.settimeout(0.5)
        while True:
            self.reap()
            try:
                connection, _ = control.accept()
            except TimeoutError:
                continue
            # A caller that was killed half-way must not take process 1, and with it everything, along.
            with connection, contextlib.suppress(OSError):
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(REQUEST_SECONDS)
        with connection.makefile("rw") as stream:
            request = stream.readline()
            try:
                reply: dict[str, Any] = {"ok": self.answer(json.loads(request))}
            except (KeyError, TypeError, ValueError, OSError) as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            stream.write(json.dumps(reply) + "\n")


def make_private(state: Path, run: Path) -> None:
    """Gives this mount namespace its own /run, log and CNI folders, and shares mounts below for the kubelet."""
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    hidden = state / "run"
    hidden.mkdir(parents=True, exist_ok=True)
    (hidden / run.name).mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(run), str(hidden / run.name)], check=True)
    subprocess.run(["mount", "--rbind", str(hidden), "/run"], check=True)
    for place, folder in PRIVATE.items():
        (state / folder).mkdir(exist_ok=True)
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", str(state / folder), place], check=True)
    for folder in ("netns", "lock"):
        (Path("/run") / folder).mkdir(exist_ok=True)


def listen(address: Path) -> socket.socket:
    """The control socket; it gets its name once it answers, and to root alone."""
    control = socket.socket(socket.AF_UNIX)
    fresh = address.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    control.bind(str(fresh))
    fresh.chmod(0o600)
    control.listen(16)
    fresh.replace(address)
    return control


def main() -> None:
    """Serves on the control socket of the run folder: `daemon.py STATE RUN`."""
    state, run = Path(sys.argv[1]), Path(sys.argv[2])
    # Process 1 gets no default action for signals; these two end the sandbox.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    make_private(state, run)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with listen(run / "control.sock") as control:
        Supervisor().serve(control)


if __name__ == "__main__":
    main()
