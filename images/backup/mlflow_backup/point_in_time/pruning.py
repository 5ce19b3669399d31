"""Which base backups and segments of the log are kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlflow_backup.archive.retention import UNFINISHED
from mlflow_backup.failures import RefusedError
from mlflow_backup.point_in_time.catalogue import read_base, servers
from mlflow_backup.point_in_time.segments import Segment
from mlflow_backup.storage.leases import LOG, read_now

if TYPE_CHECKING:
    from mlflow_backup.point_in_time.catalogue import Server
    from mlflow_backup.point_in_time.records import Base
    from mlflow_backup.storage.bucket import Bucket, Found

_LOG = logging.getLogger(__name__)


@dataclass
class Pruned:
    """What goes."""

    bases: list[str] = field(default_factory=list)
    manifests: list[str] = field(default_factory=list)
    """Keys that go first: a kill must not leave a base backup that looks whole."""
    keys: list[str] = field(default_factory=list)
    bytes: int = 0
    in_use: bool = False
    """Somebody reads the log, so nothing goes."""


def prune_log(target: Bucket, platform: str, now: datetime, *, keep_days: int, dry_run: bool) -> Pruned:
    """Remove what leads to no moment of the last `keep_days` days; nothing while somebody recovers to one.

    Kept is the newest base backup that is older than that, since the oldest moments begin with it, and always the
    newest of each server. What cannot be read is kept too: a person has to look at it.
    """
    pruned = Pruned()
    for server in servers(target, platform):
        try:
            _decide(target, server, now, now - timedelta(days=keep_days), pruned)
        except RefusedError as error:
            _LOG.warning("the log of server %s is not pruned: %s", server.branch.system, error)
    if LOG in read_now(target, now):
        _LOG.info("the log is not pruned, since somebody recovers by it")
        return Pruned(in_use=True)
    if not dry_run:
        target.delete(pruned.manifests)
        target.delete(pruned.keys)
    return pruned


def _decide(target: Bucket, server: Server, now: datetime, before: datetime, pruned: Pruned) -> None:
    bases = sorted(
        (read_base(target, server, base) for base in server.bases if server.is_finished(base)),
        key=lambda base: base.ended_at,
    )
    old = [base for base in bases if base.ended_at <= before]
    gone = {base.id for base in old[:-1]}
    for base in gone:
        pruned.bases.append(base)
        pruned.manifests.append(server.branch.base_manifest(base))
        _take(pruned, [found for found in server.bases[base] if found.key not in pruned.manifests])
    for base, files in server.bases.items():
        if not server.is_finished(base) and all(found.changed_at < now - UNFINISHED for found in files):
            _take(pruned, files)
    kept = [base for base in bases if base.id not in gone]
    if kept:
        _take(pruned, _unneeded(server, kept[0]))


def _unneeded(server: Server, oldest: Base) -> list[Found]:
    """Collect what is before the oldest base backup, and unfinished segments that have been finished since."""
    begin = Segment.parse(oldest.begin_wal, oldest.segment_bytes)
    if begin is None:
        return []

    def is_old(name: str) -> bool:
        segment = Segment.parse(name, oldest.segment_bytes)
        return segment is not None and segment.number < begin.number

    return [found for name, found in server.finished.items() if is_old(name)] + [
        found for name, found in server.partial.items() if is_old(name) or name in server.finished
    ]


def _take(pruned: Pruned, found: list[Found]) -> None:
    pruned.keys += [item.key for item in found]
    pruned.bytes += sum(item.size for item in found)
