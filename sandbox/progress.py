"""What a command prints while it works: who is at it, since when, and how far."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEARTBEAT_SECONDS = 20.0


@dataclass(frozen=True)
class Progress:
    """Lines of the form `[mm:ss] subject  message` on standard error, safe to call from several threads."""

    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, subject: str, message: str) -> None:
        """Prints one line."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        with self._lock:
            print(f"[{minutes:02d}:{seconds:02d}] {subject:<10} {message}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, subject: str, message: str) -> Iterator[None]:
        """Announces a step, repeats the announcement while it lasts, and says how long it took."""
        self.say(subject, message)
        begun = time.monotonic()
        done = threading.Event()

        def beat() -> None:
            while not done.wait(HEARTBEAT_SECONDS):
                self.say(subject, f"{message} ... {time.monotonic() - begun:.0f} s so far")

        heart = threading.Thread(target=beat, daemon=True)
        heart.start()
        try:
            yield
        finally:
            done.set()
            heart.join()
        if time.monotonic() - begun >= 1:
            self.say(subject, f"{message}: done in {time.monotonic() - begun:.0f} s")
