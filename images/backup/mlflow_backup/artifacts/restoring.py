"""Brings artifacts back into a bucket, and looks whether they have arrived."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow_backup.artifacts.reading import write_artifact
from mlflow_backup.failures import RefusedError
from mlflow_backup.log import Progress
from mlflow_backup.parallel import each
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.streams import Measured, drain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow_backup.archive.inventory import Entry
    from mlflow_backup.storage.bucket import Bucket, Found
    from mlflow_backup.storage.encryption import Identities

_CHECKSUM = "sha256"
"""What a restored artifact notes of itself, so that a restore that was interrupted can go on."""
_SHOWN = 3


@dataclass(frozen=True)
class Plan:
    """What a restore has to do."""

    absent: list[Entry]
    present: list[Entry]
    """There already, with the same content."""
    taken: list[Entry]
    """Something else is where they belong."""


class Restorer:
    """Restores into one bucket, below a prefix."""

    def __init__(self, target: Bucket, restored: Bucket, prefix: str, identities: Identities, workers: int) -> None:
        self._target = target
        self._restored = restored
        self._prefix = prefix
        self._identities = identities
        self._workers = workers

    def plan(self, entries: Sequence[Entry]) -> Plan:
        """Compare what is there with what is to be restored, by size and checksum."""
        there = self._listing()
        plan = Plan([], [], [])
        unclear = []
        for entry in entries:
            found = there.get(entry.artifact.key)
            if found is None:
                plan.absent.append(entry)
            elif found.size == entry.artifact.size and found.etag == entry.artifact.etag:
                plan.present.append(entry)
            elif found.size == entry.artifact.size:
                unclear.append(entry)
            else:
                plan.taken.append(entry)
        for entry, same in each(lambda entry: (entry, self._same(entry)), unclear, self._workers):
            (plan.present if same else plan.taken).append(entry)
        return plan

    def demand_room(self, plan: Plan, *, replace: bool) -> None:
        """See that nothing would be overwritten unasked.

        Raises:
            RefusedError: Something would.
        """
        if plan.taken and not replace:
            shown = ", ".join(entry.artifact.key for entry in plan.taken[:_SHOWN])
            raise RefusedError(
                f"bucket {self._restored.name} holds other content under {len(plan.taken)} of the artifacts' keys "
                f"({shown}): restore into another bucket, or say --replace to overwrite it",
                "conflict",
            )

    def run(self, entries: Sequence[Entry]) -> int:
        """Restore artifacts; tell how many bytes.

        Raises:
            RefusedError: One is missing or damaged; what was restored until then stays.
        """
        progress = Progress("restoring artifacts", of_objects=len(entries))
        for entry in each(self._restore, entries, self._workers):
            progress.add(entry.artifact.size)
        progress.done()
        return progress.bytes

    def missing(self, entries: Sequence[Entry]) -> list[str]:
        """List the keys that are not there with their size."""
        there = self._listing()
        return [
            entry.artifact.key
            for entry in entries
            if (found := there.get(entry.artifact.key)) is None or found.size != entry.artifact.size
        ]

    def different(self, entries: Sequence[Entry], sample: int | None) -> tuple[int, list[str]]:
        """Read artifacts back; tell how many, and the keys of those with another content.

        Args:
            entries: Of which ones.
            sample: How many of them at most, by chance; None reads all.
        """
        chosen = entries
        if sample is not None and sample < len(entries):
            chosen = secrets.SystemRandom().sample(list(entries), sample)
        progress = Progress("comparing artifacts", of_objects=len(chosen))
        wrong = []
        for entry, same in each(lambda entry: (entry, self._reads_same(entry)), chosen, self._workers):
            progress.add(entry.artifact.size)
            if not same:
                wrong.append(entry.artifact.key)
        progress.done()
        return len(chosen), wrong

    def _listing(self) -> dict[str, Found]:
        return {found.key.removeprefix(self._prefix): found for found in self._restored.list(self._prefix)}

    def _same(self, entry: Entry) -> bool:
        noted = self._restored.metadata(self._prefix + entry.artifact.key)
        return noted.get(_CHECKSUM) == entry.checksum.hex()

    def _restore(self, entry: Entry) -> Entry:
        artifact = entry.artifact
        kind = mimetypes.guess_type(artifact.key)[0] or "application/octet-stream"
        with self._restored.upload(
            self._prefix + artifact.key,
            artifact.size,
            metadata={_CHECKSUM: entry.checksum.hex()},
            content_type=kind,
        ) as upload:
            # It raises before the upload ends well where the content is not what it was.
            write_artifact(self._target, self._identities, entry, upload)
        return entry

    def _reads_same(self, entry: Entry) -> bool:
        try:
            with self._restored.open(self._prefix + entry.artifact.key) as body:
                measured = Measured(source=body)
                drain(measured)
        except GoneError:
            return False
        return measured.checksum == entry.checksum
