"""What the user's cache keeps: an entry that no clone has used for a month goes when another of its kind is made."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

UNUSED_DAYS = 30


def note_use(entry: Path) -> None:
    """Marks an entry as used now."""
    os.utime(entry)


def forget_unused(parent: Path, pattern: str) -> None:
    """Removes the entries of a kind that nobody has used for `UNUSED_DAYS`.

    Args:
        parent: the folder of the entries.
        pattern: a glob of the kind's folders.
    """
    limit = time.time() - UNUSED_DAYS * 86_400
    for entry in parent.glob(pattern):
        if entry.is_dir() and entry.stat().st_mtime < limit:
            # What is half removed is not found by its key.
            doomed = entry.with_name(f".{entry.name}.unused")
            entry.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)
