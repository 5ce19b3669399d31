"""`prune`: removes backups that are too old, what broken ones have left, and artifacts that no backup needs.

It has a key that may delete, which the hourly backup lacks, and no private key: it goes by the open lists of objects.
A backup that somebody reads, a restore or a drill, stays with its artifacts until the next time.
A backup that runs at the same time may count on an artifact that this would remove, so nothing is swept while one may
be under way; one that begins meanwhile is noticed before each thousand, and itself looks in the end whether all is
there.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mlflow_backup.archive.fields import Fields
from mlflow_backup.archive.layout import OBJECTS, object_name
from mlflow_backup.archive.object_list import read_object_list
from mlflow_backup.archive.retention import UNFINISHED, Candidate, Decision, decide
from mlflow_backup.failures import RefusedError, RetryLaterError
from mlflow_backup.point_in_time.pruning import prune_log
from mlflow_backup.storage.bucket import Bucket, Found, GoneError
from mlflow_backup.storage.catalogue import backups, manifest_of
from mlflow_backup.storage.leases import LOG, forget, read_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow_backup.archive.layout import BackupId
    from mlflow_backup.archive.state import Listed
    from mlflow_backup.report import Report
    from mlflow_backup.settings import PruneSettings

_LOG = logging.getLogger(__name__)
_BATCH = 1000


@dataclass(frozen=True)
class _Seen:
    listed: Listed
    candidate: Candidate
    lists_sha256: str | None
    """Of the list of objects, by the manifest."""


def prune(settings: PruneSettings, report: Report, now: datetime, *, dry_run: bool) -> None:
    """Prune, or with `dry_run` only tell what would go.

    Raises:
        RetryLaterError: A backup may be under way; old backups are removed, artifacts are not.
        RefusedError: The list of a backup that is kept cannot be read; the same.
    """
    target = Bucket(settings.target)
    seen = {found.listed.id: found for found in (_look(target, listed) for listed in backups(target))}
    decision = decide(
        [found.candidate for found in seen.values()],
        settings.platform,
        now,
        keep_days=settings.keep_days,
        keep_count=settings.keep_count,
    )
    kept = [str(backup.id) for backup in decision.keep]
    removed: list[str] = []
    in_use: list[str] = []
    report.details = {"dry_run": dry_run, "kept": kept, "removed": removed, "in_use": in_use}
    with report.phase("backups"):
        for old in (seen[backup.id].listed for backup in decision.remove):
            # Asked for each anew: a restore may have begun meanwhile.
            if str(old.id) in read_now(target, now):
                _LOG.info("backup %s stays for now, since somebody reads it", old.id)
                in_use.append(str(old.id))
                continue
            removed.append(str(old.id))
            if not dry_run:
                _remove(target, old, report)
    kept += in_use
    with report.phase("log"):
        pruned = prune_log(target, settings.platform, now, keep_days=settings.keep_days, dry_run=dry_run)
    report.bytes += pruned.bytes
    report.details |= {"bases_removed": pruned.bases, "log_files_removed": len(pruned.keys)}
    in_use += [LOG] if pruned.in_use else []
    with report.phase("objects"):
        sweep = _Sweep(target, report, now - UNFINISHED, dry_run=dry_run)
        sweep.run([found for backup, found in seen.items() if str(backup) in kept], decision)
    if not dry_run:
        forget(target, now)


def _look(target: Bucket, listed: Listed) -> _Seen:
    touched = datetime.fromisoformat(listed.touched)
    if not listed.finished:
        try:
            platform = Fields.parse(listed.id.started, target.read(listed.id.started)).get("platform", str)
        except (GoneError, RefusedError):
            platform = None
        return _Seen(listed, Candidate(id=listed.id, touched=touched, platform=platform, finished=False), None)
    try:
        manifest = manifest_of(target, listed.id)
    except RefusedError as error:
        _LOG.warning("a backup is kept because it cannot be judged: %s", error)
        return _Seen(listed, Candidate(id=listed.id, touched=touched, platform=None, finished=True), None)
    good = manifest.complete and not listed.faults(manifest)
    candidate = Candidate(id=listed.id, touched=touched, platform=manifest.platform, finished=True, good=good)
    return _Seen(listed, candidate, manifest.objects.sha256)


def _remove(target: Bucket, listed: Listed, report: Report) -> None:
    # The manifest goes first and alone: a kill must not leave a backup that looks whole.
    if listed.finished:
        target.delete([listed.id.manifest])
    target.delete(key for key in listed.files if key != listed.id.manifest)
    report.bytes += sum(listed.files.values())
    _LOG.info("backup %s is removed", listed.id)


class _Sweep:
    """Removes the stored objects that no kept backup names."""

    def __init__(self, target: Bucket, report: Report, before: datetime, *, dry_run: bool) -> None:
        self._target = target
        self._report = report
        self._before = before
        self._dry_run = dry_run

    def run(self, kept: Sequence[_Seen], decision: Decision) -> None:
        if decision.running:
            raise RetryLaterError(
                f"backup {decision.running[0].id} may be under way: no artifact was removed; "
                "come again when it has ended",
                "locked",
            )
        needed = _needed(self._target, kept)
        known = {found.listed.id for found in kept}
        batch: list[Found] = []
        for found in self._target.list(OBJECTS):
            name = object_name(found.key)
            if name is not None and name not in needed and found.changed_at < self._before:
                batch.append(found)
            if len(batch) == _BATCH:
                self._remove(batch, known)
                batch = []
        self._remove(batch, known)

    def _remove(self, batch: Sequence[Found], known: set[BackupId]) -> None:
        if not batch:
            return
        if not self._dry_run:
            if new := {listed.id for listed in backups(self._target)} - known:
                raise RetryLaterError(f"backup {max(new)} has begun meanwhile: come again when it has ended", "locked")
            self._target.delete(found.key for found in batch)
        self._report.objects += len(batch)
        self._report.bytes += sum(found.size for found in batch)


def _needed(target: Bucket, kept: Sequence[_Seen]) -> set[bytes]:
    needed: set[bytes] = set()
    for found in kept:
        key = found.listed.id.object_list
        if not found.candidate.finished:
            continue
        try:
            content = target.read(key)
        except GoneError as error:
            raise RefusedError(
                f"{key} is missing: which artifacts it needs is unknown, so none was removed", "damaged"
            ) from error
        if found.lists_sha256 is not None and hashlib.sha256(content).hexdigest() != found.lists_sha256:
            raise RefusedError(f"{key} is damaged: which artifacts it needs is unknown, so none was removed", "damaged")
        needed |= read_object_list(key, content).keys()
    return needed
