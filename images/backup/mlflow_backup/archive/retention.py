"""Which backups are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mlflow_backup.archive.layout import BackupId

UNFINISHED = timedelta(hours=24)
"""What has no manifest, and was last written to so long ago, is a leftover; before, somebody may still be at it."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A backup as the pruner sees it, without reading its encrypted parts."""

    id: BackupId
    touched: datetime
    """When something of it was last written."""
    platform: str | None
    """None where it does not say, or not so that it can be read."""
    finished: bool
    """It has a manifest."""
    good: bool = False
    """Complete, and all its files are there with their sizes."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What happens to the backups."""

    keep: Sequence[Candidate]
    remove: Sequence[Candidate]
    running: Sequence[Candidate]
    """Of those that are kept: what somebody may be writing at this moment."""


def decide(
    candidates: Sequence[Candidate], platform: str, now: datetime, *, keep_days: int, keep_count: int
) -> Decision:
    """Decide by age and by number.

    Of the platform's own backups, the newest `keep_count` good ones are kept, all of the last `keep_days` days, and
    always the last good one. Others' are kept, and those that cannot be read too: a person has to look at them.
    """
    newest = sorted(candidates, key=lambda candidate: candidate.id, reverse=True)
    good = [backup.id for backup in newest if backup.good and backup.platform == platform]
    protected = set(good[: max(keep_count, 1)])
    keep: list[Candidate] = []
    remove: list[Candidate] = []
    for backup in newest:
        if backup.finished:
            kept = backup.platform != platform or now - backup.id.time <= timedelta(days=keep_days)
        else:
            kept = now - backup.touched <= UNFINISHED
        (keep if kept or backup.id in protected else remove).append(backup)
    return Decision(keep=keep, remove=remove, running=_running(keep))


def _running(newest: Sequence[Candidate]) -> list[Candidate]:
    """A backup that began after another one of the same platform proves that the other has ended: there is a lock."""
    found, seen = [], set()
    for backup in newest:
        if not backup.finished and (backup.platform is None or backup.platform not in seen):
            found.append(backup)
        seen.add(backup.platform)
    return found
