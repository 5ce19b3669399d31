"""The list of stored objects: gzip of lines `<name> <stored bytes> <blinded checksum>`, in the order of names.

It is open, so that the hourly backup knows what is there, and the pruner what is needed, without a private key. Names
and blinded checksums mean nothing to whoever does not know the artifacts' keys; see `layout.Artifact`.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_backup.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE = re.compile(rb"([0-9a-f]{64}) ([0-9]+) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored object."""

    size: int
    """Bytes of the ciphertext."""
    blinded: bytes


def write_object_list(objects: Iterable[tuple[bytes, Stored]]) -> bytes:
    """Write the list."""
    lines = (f"{name.hex()} {stored.size} {stored.blinded.hex()}\n" for name, stored in sorted(objects))
    return gzip.compress("".join(lines).encode(), compresslevel=1, mtime=0)


def read_object_list(key: str, content: bytes) -> dict[bytes, Stored]:
    """Read the list.

    Args:
        key: Where it was, for the message.
        content: Of the file.

    Raises:
        RefusedError: It is damaged.
    """
    if not content:  # which the library takes for a file of nothing
        raise RefusedError(f"{key} is damaged: it is empty", "damaged")
    try:
        lines = gzip.decompress(content).splitlines()
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError(f"{key} is damaged: it is no gzip ({error})", "damaged") from error
    found = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise RefusedError(f"{key} is damaged: line {number} names no object", "damaged")
        found[bytes.fromhex(match[1].decode())] = Stored(int(match[2]), bytes.fromhex(match[3].decode()))
    return found
