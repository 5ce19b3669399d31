"""Who reads a backup says so in its bucket, and the pruner leaves it there meanwhile.

A lock of the database could not do that: the pruner has no login, the database may be lost, and a drill or a restore
into another one has its session elsewhere. So whoever reads writes an object, again every hour, and empties it in the
end, for which the key of backups is enough; the pruner removes it. One that was killed is believed for a day.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import READING, read_of, reading_key
from mlflow_backup.archive.retention import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow_backup.storage.bucket import Bucket, Found

_LOG = logging.getLogger(__name__)
LOG = "log"
"""What is read by a recovery to a moment: any base backup, and the log behind it."""
_RENEWED_SECONDS = 3600.0


@contextmanager
def reading(target: Bucket, what: str, warn: Callable[[str], None]) -> Iterator[None]:
    """Keep the pruner away from something for the length of a block.

    Whoever may not write to the bucket reads all the same: a restore must not fail for that.

    Args:
        target: The bucket of backups.
        what: Id of a backup, or `LOG`.
        warn: Told where the pruner cannot be kept away.
    """
    key = reading_key(what)
    try:
        _write(target, key)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from writing, what follows tells whether it can read
        warn(f"the pruner is not told that {what} is read: let it not run meanwhile ({type(error).__name__}: {error})")
        yield
        return
    ended = threading.Event()
    renewal = threading.Thread(target=_renew, args=(target, key, ended), name="lease", daemon=True)
    renewal.start()
    try:
        yield
    finally:
        ended.set()
        renewal.join()
        _end(target, key)


def read_now(target: Bucket, now: datetime) -> set[str]:
    """Tell what is read by somebody: ids of backups, and `LOG`."""
    return {read_of(found.key) for found in target.list(READING) if _lasts(found, now)}


def forget(target: Bucket, now: datetime) -> None:
    """Remove what those have left who have ended."""
    target.delete([found.key for found in target.list(READING) if not _lasts(found, now)])


def _lasts(found: Found, now: datetime) -> bool:
    return found.size > 0 and now - found.changed_at <= UNFINISHED


def _renew(target: Bucket, key: str, ended: threading.Event) -> None:
    while not ended.wait(_RENEWED_SECONDS):
        try:
            _write(target, key)
        except Exception:  # noqa: BLE001 - the next time is early enough
            _LOG.warning("the pruner could not be told again that somebody reads", exc_info=True)


def _write(target: Bucket, key: str) -> None:
    target.put(key, json.dumps({"seen": datetime.now(UTC).isoformat(timespec="seconds")}).encode())


def _end(target: Bucket, key: str) -> None:
    try:
        target.put(key, b"")
    except Exception:  # noqa: BLE001 - the work is done, or has failed for a reason of its own
        _LOG.warning("the pruner could not be told that nobody reads any more: it will wait a day", exc_info=True)
