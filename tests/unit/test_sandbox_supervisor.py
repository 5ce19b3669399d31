"""The supervisor's bookkeeping with real processes, asked over its real socket; its namespaces are for the sandbox."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.parts import part
from sandbox.supervisor import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVE = """
import pathlib, sys
from sandbox.supervisor.daemon import Supervisor, listen
Supervisor().serve(listen(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    control = tmp_path / "control.sock"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(control)], cwd=paths.CLONE)
    monkeypatch.setattr(client, "CONTROL", control)
    monkeypatch.setattr(client, "SUPERVISOR_LOG", tmp_path / "supervisor.log")
    monkeypatch.setattr(client, "init_process", lambda: None if process.poll() is not None else process.pid)
    monkeypatch.setattr(paths, "LOGS", tmp_path)
    wait_for(control.exists)
    yield process
    if process.poll() is None:
        for name in client.status():
            client._ask({"do": "stop", "name": name, "signal": signal.SIGKILL})
    process.kill()
    process.wait()


def wait_for(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(name: str) -> Callable[[], bool]:
    return lambda: client.status()[name].code is not None


@pytest.mark.usefixtures("supervisor")
def test_a_part_runs_until_it_is_stopped() -> None:
    client.start("sleeper", ["sleep", "60"])
    assert client.status()["sleeper"].state == "running"
    assert part.runs("sleeper")
    client.stop("sleeper")
    assert client.status()["sleeper"].state == "stopped"
    assert client.status()["sleeper"].code == -signal.SIGTERM
    assert not part.runs("sleeper")


@pytest.mark.usefixtures("supervisor")
def test_a_part_that_runs_is_not_started_twice() -> None:
    client.start("sleeper", ["sleep", "60"])
    first = client.status()["sleeper"].pid
    client.start("sleeper", ["sleep", "60"])
    assert client.status()["sleeper"].pid == first


@pytest.mark.usefixtures("supervisor")
def test_a_part_that_ended_is_started_anew() -> None:
    client.start("brief", ["true"])
    wait_for(ended("brief"))
    client.start("brief", ["sleep", "60"])
    assert part.runs("brief")


@pytest.mark.usefixtures("supervisor")
def test_a_part_that_ends_unasked_has_died_even_with_code_zero() -> None:
    client.start("brief", ["true"])
    wait_for(ended("brief"))
    assert client.status()["brief"].state == "died"


@pytest.mark.usefixtures("supervisor")
def test_ended_parts_are_forgotten_and_running_ones_kept() -> None:
    client.start("brief", ["true"])
    client.start("sleeper", ["sleep", "60"])
    wait_for(ended("brief"))
    client.forget_ended()
    assert set(client.status()) == {"sleeper"}


@pytest.mark.usefixtures("supervisor")
def test_a_part_gets_the_environment_that_it_is_given_and_nothing_of_the_caller_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_OF_THE_CALLER", "hidden")
    client.start("printer", ["env"], env={"OWN": "value"})
    wait_for(ended("printer"))
    printed = (tmp_path / "printer.log").read_text()
    assert "OWN=value" in printed
    assert "PASSWORD_OF_THE_CALLER" not in printed


@pytest.mark.usefixtures("supervisor")
def test_a_program_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(SandboxError, match="supervisor refused start: FileNotFoundError"):
        client.start("ghost", ["/no/such/program"])
    with pytest.raises(SandboxError, match="supervisor refused stop: KeyError"):
        client.stop("ghost")


@pytest.mark.usefixtures("supervisor")
def test_a_part_that_dies_is_named_at_once_with_the_end_of_its_log() -> None:
    client.start("broken", ["sh", "-c", "echo cannot bind >&2; exit 3"])
    begun = time.monotonic()
    with pytest.raises(SandboxError, match="broken died with exit code 3") as told:
        part.wait_until(lambda: False, what="the impossible", timeout=60)
    assert "cannot bind" in told.value.detail
    assert "broken.log" in told.value.problem
    assert time.monotonic() - begun < 30


@pytest.mark.usefixtures("supervisor")
def test_what_never_becomes_ready_is_named_after_its_time() -> None:
    client.start("sleeper", ["sleep", "60"])
    with pytest.raises(SandboxError, match="waited 0 s in vain for the impossible"):
        part.wait_until(lambda: False, what="the impossible", timeout=0.05)
    part.wait_until(lambda: True, what="the possible", timeout=0.05)


def test_a_supervisor_that_dies_is_named_while_something_is_waited_for(
    supervisor: subprocess.Popen[bytes],
) -> None:
    client.SUPERVISOR_LOG.write_text("out of memory\n")
    supervisor.kill()
    supervisor.wait()
    with pytest.raises(SandboxError, match="the sandbox ended while waiting for etcd") as told:
        part.wait_until(lambda: False, what="etcd", timeout=60)
    assert "out of memory" in told.value.detail


def test_a_caller_that_is_killed_half_way_does_not_end_the_supervisor(supervisor: subprocess.Popen[bytes]) -> None:
    for request in (b"", b"{", b'{"do": "status"}\n', b"[]\n", b'{"do": "dance"}\n'):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(client.CONTROL))
            caller.sendall(request)
    client.start("sleeper", ["sleep", "60"])
    assert part.runs("sleeper")
    assert supervisor.poll() is None


@pytest.mark.usefixtures("supervisor")
def test_root_alone_may_ask_the_supervisor() -> None:
    assert client.CONTROL.stat().st_mode & 0o777 == 0o600


def test_nobody_to_ask_is_said_with_a_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONTROL", tmp_path / "none.sock")
    with pytest.raises(SandboxError, match="supervisor does not answer") as told:
        client.forget_ended()
    assert "make down" in told.value.cure


def test_without_a_sandbox_nothing_can_be_run_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "init_process", lambda: None)
    assert client.status() == {}
    with pytest.raises(SandboxError, match="no sandbox is running"):
        client.inside(["true"])
