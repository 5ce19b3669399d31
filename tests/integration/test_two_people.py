"""Two people at one stack: the second is told who is at work, and a lock that nobody holds any more is dropped."""

from __future__ import annotations

import getpass
import re
import signal
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from tests.integration.plugin_harness import Engine, Project, end, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENT = """
import pathlib, time
import pulumi

pathlib.Path("begun").touch()
while not pathlib.Path("may-end").exists():
    time.sleep(0.05)
pulumi.export("done", True)
"""
GUIDE = paths.CLONE / "docs" / "delivery.md"
WRITING = (
    ("up", "--yes", "--skip-preview"),
    ("refresh", "--yes", "--skip-preview"),
    ("destroy", "--yes", "--skip-preview"),
)


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Project:
    made = Project(engine, tmp_path / "project", "")
    made.program(PATIENT)
    return made


@contextmanager
def somebody_at_work(project: Project) -> Iterator[subprocess.Popen[bytes]]:
    """An update in the middle."""
    log = project.folder / "first.log"
    with log.open("wb") as output:
        first = subprocess.Popen(
            project.command("up", "--yes", "--skip-preview"),
            cwd=project.folder,
            env=project.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for("the first update", (project.folder / "begun").exists, first, log)
        yield first
    finally:
        end(first)


def advice(mark: str) -> str:
    """What the guide says to do about something that happened."""
    (row,) = [line for line in GUIDE.read_text().splitlines() if line.startswith("|") and mark in line.split("|")[1]]
    return row


def test_whoever_comes_second_is_told_who_is_at_work_and_the_first_goes_on(project: Project) -> None:
    with somebody_at_work(project) as first:
        for words in WRITING:
            said = project.run(*words, fails=True)
            assert "the stack is currently locked by 1 lock(s)" in said
            assert f"created by {getpass.getuser()}@{socket.gethostname()} (pid {first.pid})" in said
        (project.folder / "may-end").touch()
        assert first.wait(60) == 0
    assert project.run("stack", "output", "done").strip() == "true"
    assert "wait" in advice("`the stack is currently locked by 1 lock(s)`")


def test_the_lock_of_a_command_that_was_killed_stays_and_the_guides_command_drops_it(project: Project) -> None:
    with somebody_at_work(project) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
    (project.folder / "may-end").touch()
    assert f"(pid {first.pid})" in project.up(fails=True)

    command = re.search(r"`(pulumi cancel [^`]*)`", advice("the owner was killed"))
    assert command
    _, *words = command[1].replace("--stack prod", "--stack test").split()
    project.run(*words)

    project.up()
    project.run("preview", "--expect-no-changes")


def test_the_lock_of_somebody_who_is_interrupted_goes_with_the_command(project: Project) -> None:
    with somebody_at_work(project) as first:
        first.send_signal(signal.SIGINT)
        assert first.wait(60) != 0
    (project.folder / "may-end").touch()
    project.up()
