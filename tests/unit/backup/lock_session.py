"""A session of a database that loses the lock which it holds."""

from __future__ import annotations


class LockSession:
    """Holds the lock for so many looks."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def execute(self, *_: object) -> LockSession:
        self._looks -= 1
        return self

    def fetchone(self) -> tuple[bool]:
        return (self._looks >= 0,)
