"""Streams that count and hash what passes, and that end when the program is told to stop."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from mlflow_backup.stopping import raise_if_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 20


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most so many bytes; none at the end."""
        ...


class Writable(Protocol):
    """What bytes are written to, all of them at each call."""

    def write(self, data: bytes, /) -> object:
        """Write them."""
        ...


class Pieces:
    """Makes a stream of pieces that are written on demand."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Read on; all of it where no size is given."""
        while size < 0 or not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        found, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return found


class Measured:
    """Reads from, or writes to, a stream and measures what passes."""

    def __init__(self, *, source: Readable | None = None, target: Writable | None = None) -> None:
        self._source = source
        self._target = target
        self._hash = hashlib.sha256()
        self.bytes = 0

    @property
    def checksum(self) -> bytes:
        """SHA-256 of what has passed."""
        return self._hash.digest()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        raise_if_stopped()
        data = self._source.read(size) if self._source else b""
        self._note(data)
        return data

    def write(self, data: bytes) -> int:
        """Write on; without a target, the bytes are measured and dropped."""
        raise_if_stopped()
        if self._target:
            self._target.write(data)
        self._note(data)
        return len(data)

    def _note(self, data: bytes) -> None:
        self._hash.update(data)
        self.bytes += len(data)


def drain(source: Readable, write: Callable[[bytes], object] = lambda _: None) -> None:
    """Read a stream to its end."""
    while data := source.read(_BLOCK):
        write(data)
