"""Looks whether a backup is what its manifest says; nothing is written anywhere."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlflow_backup.archive.inventory import Entry, read_inventory
from mlflow_backup.archive.layout import OBJECTS, object_key, object_name
from mlflow_backup.archive.object_list import Stored, read_object_list
from mlflow_backup.artifacts.reading import write_artifact
from mlflow_backup.database.restore import list_dump
from mlflow_backup.failures import BackupError, RefusedError
from mlflow_backup.log import Progress
from mlflow_backup.parallel import each
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.streams import Measured, drain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlflow_backup.archive.manifest import File, Manifest
    from mlflow_backup.archive.state import Listed
    from mlflow_backup.storage.bucket import Bucket
    from mlflow_backup.storage.encryption import Identities
    from mlflow_backup.storage.streams import Writable

_SHOWN = 3


class Check:
    """Of one backup. Each method raises `RefusedError` where something is wrong, and reads what it needs for that."""

    def __init__(self, target: Bucket, listed: Listed, manifest: Manifest) -> None:
        self.bytes = 0
        """Read so far."""
        self._target = target
        self._listed = listed
        self._manifest = manifest
        self._what = f"backup {manifest.id}"

    def shape(self) -> None:
        """See that every file is there with its size."""
        if faults := self._listed.faults(self._manifest):
            raise RefusedError(f"{self._what} is damaged: {'; '.join(faults)}", "damaged")

    def complete(self) -> None:
        """See that no artifact vanished while the backup was made."""
        if not self._manifest.complete:
            raise RefusedError(
                f"{self._what} is not complete: {len(self._manifest.missing)} artifacts vanished while it was made; "
                "choose another, or say --incomplete",
                "incomplete",
            )

    def ciphertexts(self) -> None:
        """Compare the checksums of the dump and the inventory as they are stored."""
        manifest = self._manifest
        for key, file in ((manifest.id.dump, manifest.dump), (manifest.id.inventory, manifest.inventory)):
            if file is not None:
                with self._opened(key, file) as body:
                    drain(body)

    def objects(self) -> dict[bytes, Stored]:
        """See that every stored object of the backup's list is there with its size."""
        key, plain = self._manifest.id.object_list, io.BytesIO()
        with self._opened(key, self._manifest.objects) as body:
            drain(body, plain.write)
        wanted = read_object_list(key, plain.getvalue())
        there = {object_name(found.key): found.size for found in self._target.list(OBJECTS)}
        faults = [
            f"{object_key(name)} has {there[name]} bytes instead of {stored.size}"
            if name in there
            else f"{object_key(name)} is missing"
            for name, stored in wanted.items()
            if there.get(name) != stored.size
        ]
        self._refuse(faults, "stored objects")
        return wanted

    def inventory(self, identities: Identities, stored: Mapping[bytes, Stored]) -> list[Entry]:
        """Read the inventory, compare it with the manifest and with the list of stored objects."""
        manifest, plain = self._manifest, io.BytesIO()
        if not set(identities.fingerprints) & set(manifest.recipients):
            raise RefusedError(
                f"{self._what} is encrypted to the keys {', '.join(manifest.recipients)}, "
                f"and BACKUP_IDENTITY_FILE holds {', '.join(identities.fingerprints)}",
                "wrong-key",
            )
        if manifest.inventory is not None:
            with self._opened(manifest.id.inventory, manifest.inventory) as body:
                identities.decrypt(f"{self._what}: its inventory", body, plain)
        plain.seek(0)
        entries = list(read_inventory(manifest, plain))
        self._refuse(
            [f"{entry.artifact.key} is in the inventory only" for entry in entries if entry.name not in stored],
            "artifacts",
        )
        return entries

    def write_dump(self, identities: Identities, plain: Writable) -> None:
        """Write the plain dump, and see at its end that it was the one that pg_dump wrote."""
        dump = self._manifest.dump
        measured = Measured(target=plain)
        with self._opened(self._manifest.id.dump, dump) as body:
            identities.decrypt(f"{self._what}: its dump", body, measured)
        if (measured.bytes, measured.checksum.hex()) != (dump.plaintext_bytes, dump.plaintext_sha256):
            raise RefusedError(f"{self._what} is damaged: its dump is not the one that was made", "damaged")

    def database(self, identities: Identities) -> int:
        """Read the whole dump and have pg_restore read its table of contents; tell the number of entries."""
        try:
            return list_dump(lambda plain: self.write_dump(identities, plain))
        except RefusedError:
            raise
        except BackupError as error:
            raise RefusedError(f"{self._what} is damaged: {error}", "damaged") from error

    def artifacts(self, identities: Identities, entries: Sequence[Entry], workers: int) -> None:
        """Decrypt every artifact and compare its checksum."""
        progress = Progress("checking artifacts", of_objects=len(entries))
        faults = []
        for entry, fault in each(lambda entry: (entry, self._fault(identities, entry)), entries, workers):
            progress.add(entry.artifact.size)
            self.bytes += entry.artifact.size
            if fault:
                faults.append(fault)
        progress.done()
        self._refuse(faults, "artifacts")

    def _fault(self, identities: Identities, entry: Entry) -> str:
        try:
            write_artifact(self._target, identities, entry, Measured())
        except RefusedError as error:
            return str(error)
        return ""

    @contextmanager
    def _opened(self, key: str, file: File) -> Iterator[Measured]:
        """Read a file of the backup, and compare its checksum when it has been read to its end."""
        try:
            with self._target.open(key) as stream:
                body = Measured(source=stream)
                yield body
        except GoneError as error:
            raise RefusedError(f"{self._what} is damaged: {key} is missing", "damaged") from error
        self.bytes += body.bytes
        if body.checksum.hex() != file.sha256:
            raise RefusedError(f"{self._what} is damaged: {key} has another checksum than the manifest's", "damaged")

    def _refuse(self, faults: Sequence[str], what: str) -> None:
        if faults:
            more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
            raise RefusedError(
                f"{self._what} is damaged: {len(faults)} of its {what}: {'; '.join(faults[:_SHOWN])}{more}", "damaged"
            )
