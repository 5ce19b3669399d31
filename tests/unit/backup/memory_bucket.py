"""A bucket of backups in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlflow_backup.storage.bucket import Bucket, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


class MemoryBucket(Bucket):
    """Whatever is written is of its `clock`."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.clock = NOW
        self.writes = 0
        self.refuses = refuses

    def put(self, key: str, content: bytes) -> None:
        if self.refuses:
            raise PermissionError("denied")
        self.writes += 1
        self.objects[key] = (content, self.clock)

    def read(self, key: str) -> bytes:
        return self.objects[key][0]

    def list(self, prefix: str = "") -> Iterator[Found]:
        for key, (content, changed) in sorted(self.objects.items()):
            if key.startswith(prefix):
                yield Found(key, len(content), "", changed.isoformat())

    def delete(self, keys: Iterable[str]) -> int:
        return sum(self.objects.pop(key) is not None for key in keys)
