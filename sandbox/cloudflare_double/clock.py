"""The clock that sessions live by: the real one, which a test can put forward."""

from __future__ import annotations

import math
import time


class Clock:
    """Real time plus what it was put forward by; assertions do not go by it, since origins check them by their own."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Puts the clock forward; it never goes back, so that no session comes to life again."""
        if not 0 < seconds < math.inf:
            raise ValueError("the clock only goes forward, by a number of seconds")
        self.offset += seconds
