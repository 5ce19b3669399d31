"""One command at a time changes the sandbox or a cache entry."""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(lock: Path, *, wait: bool, doing: str) -> Iterator[None]:
    """Holds `lock` for the length of a block; the file names its holder.

    Args:
        lock: the lock file, created when it is not there.
        wait: whether to wait for another holder, as for a cache entry, or to refuse.
        doing: what the holder is at, for the message that another one gets.

    Raises:
        SandboxError: somebody else holds it and `wait` is false.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(lock, wait=wait)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{doing}, process {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(lock: Path, *, wait: bool) -> int:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor, wait=wait)
        except BaseException:
            os.close(descriptor)
            raise
        # Whoever held it may have removed the file: then this lock is on nothing, and others lock its successor.
        if lock.exists() and lock.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


def _lock(descriptor: int, *, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 400).decode(errors="replace").strip() or "unknown"
        if not wait:
            raise SandboxError(
                f"another command is at work on the sandbox: {holder}",
                "wait until it has ended, or stop it with Ctrl-C where it runs, and call this again",
            ) from error
        print(f"waiting for another command that is at it: {holder}", file=sys.stderr, flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
