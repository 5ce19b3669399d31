"""The cache keeps what is used."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from sandbox.toolchain import cache

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = time.time() - (cache.UNUSED_DAYS + 1) * 86_400


def entry(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    (made / "content").write_text("x")
    os.utime(made, (LONG_AGO, LONG_AGO))
    return made


def test_an_entry_that_nobody_used_for_a_month_goes(tmp_path: Path) -> None:
    entry(tmp_path, "platform-old")
    cache.forget_unused(tmp_path, "platform-*")
    assert list(tmp_path.iterdir()) == []


def test_an_old_entry_that_is_in_use_stays(tmp_path: Path) -> None:
    used = entry(tmp_path, "platform-old")
    cache.note_use(used)
    cache.forget_unused(tmp_path, "platform-*")
    assert (used / "content").read_text() == "x"


def test_other_kinds_and_lock_files_stay(tmp_path: Path) -> None:
    other = entry(tmp_path, "kubernetes-plugin-old")
    lock = tmp_path / "platform-old.lock"
    lock.touch()
    os.utime(lock, (LONG_AGO, LONG_AGO))
    cache.forget_unused(tmp_path, "platform-*")
    assert sorted(tmp_path.iterdir()) == sorted([other, lock])
