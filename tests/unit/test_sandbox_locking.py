"""One command at a time: the second one is refused by name, or waits."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.locking import exclusive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "lock"


def test_a_second_command_is_refused_with_the_name_of_the_first(lock: Path) -> None:
    with (
        exclusive(lock, wait=False, doing="make up in /somewhere"),
        pytest.raises(SandboxError) as refused,
        exclusive(lock, wait=False, doing="make down"),
    ):
        pytest.fail("both hold it")
    assert f"another command is at work on the sandbox: make up in /somewhere, process {os.getpid()}" in str(
        refused.value
    )
    assert "wait until it has ended" in refused.value.cure


def test_the_lock_is_free_again_after_a_failure(lock: Path) -> None:
    with pytest.raises(ValueError, match="inside"), exclusive(lock, wait=False, doing="first, with a long description"):
        raise ValueError("inside")
    with exclusive(lock, wait=False, doing="second"):
        assert lock.read_text() == f"second, process {os.getpid()}\n"


def test_who_waits_goes_on_when_the_holder_has_ended(lock: Path) -> None:
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with exclusive(lock, wait=True, doing="second"):
            order.append("second")

    thread = threading.Thread(target=second)
    with exclusive(lock, wait=False, doing="first"):
        thread.start()
        begun.wait()
        thread.join(0.1)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_who_waited_for_a_lock_that_was_removed_holds_its_successor(lock: Path) -> None:
    outcome: list[str] = []
    held, checked = threading.Event(), threading.Event()

    def second() -> None:
        with exclusive(lock, wait=True, doing="second"):
            held.set()
            checked.wait(10)

    thread = threading.Thread(target=second)
    with exclusive(lock, wait=False, doing="first"):
        thread.start()
        thread.join(0.1)
        lock.unlink()
    assert held.wait(10)
    try:
        with exclusive(lock, wait=False, doing="third"):
            outcome.append("held by two")
    except SandboxError as error:
        outcome.append(error.problem)
    checked.set()
    thread.join(10)
    assert outcome == [f"another command is at work on the sandbox: second, process {os.getpid()}"]
