"""A `pulumi` command while it runs: what it has recorded by now, and its death with all that it has started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.integration.stacks import COMMAND_SECONDS, PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.stacks import Stack

POLL_SECONDS = 0.005


class Running:
    """A command in a session of its own, with its language host and its plugins."""

    def __init__(self, of: Stack, words: tuple[str, ...], output: IO[str]) -> None:
        self._of, self._output = of, output
        self.process = subprocess.Popen(
            of.words(*words),
            env=dict(of.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait(self, timeout: float = COMMAND_SECONDS) -> int:
        """Its exit code, once it has come to its end."""
        return self.process.wait(timeout)

    def said(self) -> str:
        """What it has printed by now."""
        self._output.seek(0)
        return self._output.read()

    def wait_until(self, check: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
        """Waits for a moment of a command that has not come to its end by then."""
        deadline = time.monotonic() + timeout
        while not check():
            assert self.process.poll() is None, f"the command ended before {what}:\n{self.said()}"
            assert time.monotonic() < deadline, f"waited {timeout:.0f} s in vain for {what}:\n{self.said()}"
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """As the kernel does when memory is short, or a runner's time is up: nothing of it gets to say a word."""
        self.process.kill()
        self.process.wait()
        # Each plugin has a process group of its own. One may have finished what it was asked for when nobody listened
        # any more: that is what is not recorded.
        while alive := _session(self.process.pid):
            for orphan in alive:
                with suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(POLL_SECONDS)


@contextmanager
def running(of: Stack, *words: str) -> Iterator[Running]:
    """A command that runs, and is killed with the block if it still does."""
    with tempfile.TemporaryFile("w+") as output:
        command = Running(of, words, output)
        try:
            yield command
        finally:
            command.kill()


def recorded(of: Stack) -> list[str]:
    """Names of the resources in the state, without asking the engine."""
    return [_name(resource) for resource in _latest(of).get("resources") or []]


def pending(of: Stack) -> dict[str, str]:
    """What the state says is under way: what is done (`creating`, `deleting`, ...) by the name of the resource."""
    operations = _latest(of).get("pending_operations") or []
    return {_name(operation["resource"]): operation["type"] for operation in operations}


def _latest(of: Stack) -> dict[str, Any]:
    file = of.states / "stacks" / PROJECT / f"{of.name}.json"
    try:
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"] or {}
    except FileNotFoundError:
        return {}
    return latest


def _name(resource: dict[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]


def _session(leader: int) -> list[int]:
    """The living processes that one has started, and those that these have."""
    alive = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session, *_ = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == leader and state != "Z":
            alive.append(int(entry.parent.name))
    return alive
