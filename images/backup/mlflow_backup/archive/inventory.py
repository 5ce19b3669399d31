"""The inventory: which artifacts a backup holds, as gzip of JSON lines, encrypted.

The first line repeats the manifest, every other one is an artifact: its key, size and ETag in the artifact bucket, the
SHA-256 of its content, and the name under which it is stored.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_backup.archive.fields import Fields
from mlflow_backup.archive.layout import Artifact
from mlflow_backup.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from mlflow_backup.archive.manifest import Manifest


_GZIP = 31
"""What zlib calls a window of 32 KiB with a header of gzip."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An artifact of a backup."""

    artifact: Artifact
    checksum: bytes
    """SHA-256 of its content."""
    name: bytes
    """Of the stored object."""


def inventory(manifest: Manifest, entries: Iterable[Entry], vanished: Iterable[str]) -> Iterator[bytes]:
    """Write it, piece by piece.

    Args:
        manifest: Without the inventory's own checksum.
        entries: The artifacts.
        vanished: Keys behind the manifest's `missing`, which are for the eyes of the holders of a private key.
    """
    packer = zlib.compressobj(level=6, wbits=_GZIP)
    head = {"manifest": manifest.core(), "vanished": sorted(vanished)}
    yield packer.compress(json.dumps(head).encode() + b"\n")
    for entry in entries:
        line = {
            "key": entry.artifact.key,
            "size": entry.artifact.size,
            "etag": entry.artifact.etag,
            "sha256": entry.checksum.hex(),
            "stored": entry.name.hex(),
        }
        yield packer.compress(json.dumps(line).encode() + b"\n")
    yield packer.flush()


def read_inventory(manifest: Manifest, source: IO[bytes]) -> Iterator[Entry]:
    """Read it, and compare it with the manifest.

    Raises:
        RefusedError: It is damaged, or one of the two was changed afterwards.
    """
    what = f"backup {manifest.id}: its inventory"
    count = size = 0
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as packed:
            _compare(manifest, Fields.parse(what, packed.readline()).get("manifest", dict))
            for line in packed:
                entry = _entry(manifest, line)
                count, size = count + 1, size + entry.artifact.size
                yield entry
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedError(f"{what} is damaged: {error}", "damaged") from error
    if (count, size) != (manifest.artifacts.count, manifest.artifacts.bytes):
        raise RefusedError(
            f"{what} is damaged: it has {count} artifacts of {size} bytes, "
            f"and the manifest {manifest.artifacts.count} of {manifest.artifacts.bytes}",
            "damaged",
        )


def _compare(manifest: Manifest, repeated: dict[str, object]) -> None:
    core = manifest.core()
    changed = sorted(name for name in core.keys() | repeated.keys() if core.get(name) != repeated.get(name))
    if changed:
        raise RefusedError(
            f"backup {manifest.id}: its manifest was changed after it was written, in {', '.join(changed)}: "
            "nothing that it says can be relied on; choose another backup",
            "edited",
        )


def _entry(manifest: Manifest, line: bytes) -> Entry:
    what = f"backup {manifest.id}: its inventory"
    fields = Fields.parse(what, line)
    artifact = Artifact(fields.get("key", str), fields.get("etag", str), fields.get("size", int))
    name, checksum = artifact.name(manifest.recipients), fields.get("sha256", str)
    if fields.get("stored", str) != name.hex() or len(checksum) != len(name.hex()):
        raise RefusedError(f"{what} is damaged: a line contradicts itself", "damaged")
    try:
        return Entry(artifact, bytes.fromhex(checksum), name)
    except ValueError as error:
        raise RefusedError(f"{what} is damaged: a checksum is none", "damaged") from error
