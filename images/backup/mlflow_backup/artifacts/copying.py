"""Copies the artifacts that are not stored yet, encrypted, a few at a time.

It is done after the dump, so that every row of the dump has its artifacts: MLflow writes an artifact before the row
that makes it known, and what is deleted later is deleted by `mlflow gc`, which the lock keeps away.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

from mlflow_backup.archive.inventory import Entry
from mlflow_backup.archive.layout import object_key
from mlflow_backup.archive.object_list import Stored
from mlflow_backup.log import Progress
from mlflow_backup.parallel import each
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.streams import Measured, drain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlflow_backup.archive.layout import Artifact
    from mlflow_backup.artifacts.ledger import Ledger
    from mlflow_backup.storage.bucket import Bucket
    from mlflow_backup.storage.encryption import Recipients

_LOG = logging.getLogger(__name__)
_TRIES = 3
_AFTER = 0.2  # seconds


@dataclass(frozen=True)
class _Task:
    artifact: Artifact
    name: bytes
    present: int | None
    """Bytes that are stored already, of which only the checksum is wanted."""


@dataclass(frozen=True)
class _Outcome:
    task: _Task
    stored: Stored | None
    """None: the artifact vanished, or is another by now."""
    checksum: bytes = b""


@dataclass(frozen=True)
class Copied:
    """What the backup holds."""

    entries: list[Entry]
    """In the order of keys."""
    vanished: list[Artifact]
    """Listed at first, and gone when it was their turn."""


class Copier:
    """Brings every artifact of the bucket into the bucket of backups."""

    def __init__(self, source: Bucket, target: Bucket, recipients: Recipients, ledger: Ledger, workers: int) -> None:
        self._source = source
        self._target = target
        self._recipients = recipients
        self._fingerprints = recipients.fingerprints
        self._ledger = ledger
        self._workers = workers
        self._done: dict[str, Entry] = {}
        self._progress = Progress("copying artifacts")

    def run(self) -> Copied:
        """Copy them.

        What vanishes on the way is looked up again: an artifact that was replaced is copied as it is then. In the end
        the bucket of backups is listed once more, and what somebody has removed meanwhile is copied again.
        """
        try:
            gone = self._until_settled()
        except BaseException:
            # Whoever comes next goes on from here; what ended this is what has to be told.
            with suppress(Exception):
                self._ledger.save()
            raise
        self._ledger.save()
        self._progress.done()
        return Copied([self._done[key] for key in sorted(self._done)], list(gone.values()))

    def _until_settled(self) -> dict[str, Artifact]:
        """Copy until nothing has changed meanwhile; tell what is gone, by key."""
        gone: dict[str, Artifact] = {}
        wanted: Iterable[Artifact] = (found.artifact for found in self._source.list())
        for _ in range(_TRIES):
            again = []
            for lost in self._copy(wanted):
                found = self._source.find(lost.key)
                if found is None:
                    gone[lost.key] = lost
                else:
                    again.append(found.artifact)
            self._ledger.look()
            again += [entry.artifact for entry in self._done.values() if not self._ledger.known(entry.name)]
            if not again:
                break
            _LOG.info("artifacts that changed meanwhile are copied again", extra={"facts": {"objects": len(again)}})
            wanted = again
        else:
            for artifact in again:
                gone[artifact.key] = artifact
                self._done.pop(artifact.key, None)
        return gone

    def _copy(self, artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
        """Copy what is not stored; yield what was not to be had."""
        for outcome in each(self._bring, self._tasks(artifacts), self._workers):
            task = outcome.task
            if outcome.stored is None:
                yield task.artifact
                continue
            self._ledger.note(task.name, outcome.stored, artifact_bytes=task.artifact.size, copied=task.present is None)
            self._enter(Entry(task.artifact, outcome.checksum, task.name))

    def _tasks(self, artifacts: Iterable[Artifact]) -> Iterator[_Task]:
        for artifact in artifacts:
            name = artifact.name(self._fingerprints)
            if known := self._ledger.known(name):
                self._enter(Entry(artifact, artifact.blinded(known.blinded), name))
            else:
                yield _Task(artifact, name, self._ledger.stored_bytes(name))

    def _enter(self, entry: Entry) -> None:
        self._done[entry.artifact.key] = entry
        self._progress.add(entry.artifact.size)

    def _bring(self, task: _Task) -> _Outcome:
        for left in reversed(range(_TRIES)):
            try:
                return self._stream(task)
            except GoneError:
                break
            except BotoCoreError:
                # A connection that broke in the middle of an object; the client repeats only what has not begun.
                if not left:
                    raise
                time.sleep(_AFTER)
        return _Outcome(task, None)

    def _stream(self, task: _Task) -> _Outcome:
        artifact = task.artifact
        with self._source.open(artifact.key, artifact.etag) as body:
            plain = Measured(source=body)
            if task.present is None:
                with self._target.upload(object_key(task.name), artifact.size) as upload:
                    self._recipients.encrypt(plain, upload)
                size = upload.bytes
            else:
                drain(plain)
                size = task.present
        stored = Stored(size, artifact.blinded(plain.checksum))
        return _Outcome(task, stored, plain.checksum)
