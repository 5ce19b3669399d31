"""What the listing of a bucket tells about each backup in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import BackupId, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow_backup.archive.manifest import File, Manifest


@dataclass
class Listed:
    """A backup in a listing, finished or not."""

    id: BackupId
    files: dict[str, int] = field(default_factory=dict)
    """Key to stored bytes."""
    touched: str = ""
    """When the newest of them was written, as the server writes it."""

    @property
    def finished(self) -> bool:
        """Whether it has a manifest."""
        return self.id.manifest in self.files

    def faults(self, manifest: Manifest) -> list[str]:
        """Compare what is there with what the manifest says, by sizes alone."""
        wanted: list[tuple[str, File | None]] = [
            (self.id.dump, manifest.dump),
            (self.id.object_list, manifest.objects),
            (self.id.inventory, manifest.inventory),
        ]
        found = []
        for key, file in wanted:
            size = self.files.get(key)
            if size is None:
                found.append(f"{key} is missing")
            elif file is not None and size != file.bytes:
                found.append(f"{key} has {size} bytes instead of {file.bytes}")
        return found


def group(files: Iterable[tuple[str, int, str]]) -> list[Listed]:
    """Sort the files below `backups/` by backup, the newest first; what belongs to none is passed over.

    Args:
        files: Key, size, and when it was written.
    """
    found: dict[BackupId, Listed] = {}
    for key, size, changed in files:
        if backup := owner_of(key):
            listed = found.setdefault(backup, Listed(backup))
            listed.files[key] = size
            listed.touched = max(listed.touched, changed)
    return [found[backup] for backup in sorted(found, reverse=True)]
