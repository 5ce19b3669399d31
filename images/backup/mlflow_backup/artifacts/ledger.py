"""Which artifacts are stored already, and their checksums."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import OBJECTS, object_name
from mlflow_backup.archive.object_list import Stored, read_object_list, write_object_list
from mlflow_backup.failures import RefusedError
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.catalogue import backups, manifest_of

if TYPE_CHECKING:
    from mlflow_backup.archive.layout import BackupId
    from mlflow_backup.archive.state import Listed
    from mlflow_backup.storage.bucket import Bucket

_LOG = logging.getLogger(__name__)
_SAVE_SECONDS = 30.0
"""So much work is done again after a kill."""


class Ledger:
    """What is stored, by a listing of the bucket and by the lists of earlier backups.

    An object counts as stored when it is there with the size that a list gives. One that is there and in no list was
    written shortly before another backup was killed. Some hundred bytes of memory an object.
    """

    def __init__(self, target: Bucket, backup: BackupId) -> None:
        self.new_count = self.new_bytes = self.written_bytes = 0
        self._target = target
        self._backup = backup
        self._sizes: dict[bytes, int] = {}
        self._known: dict[bytes, Stored] = {}
        self._unsaved: dict[bytes, Stored] = {}
        self._saved = 0
        self._saved_at = time.monotonic()

    def load(self, platform: str) -> None:
        """Read what earlier backups have left: the newest finished one, and those after it that broke off."""
        for listed in backups(self._target):
            if listed.id == self._backup:
                continue
            if listed.finished:
                if self._read_finished(listed, platform):
                    break
            else:
                for key in filter(listed.id.is_copied, listed.files):
                    self._read(key)
        self.look()

    def look(self) -> None:
        """List what is stored now."""
        listing = ((object_name(found.key), found.size) for found in self._target.list(OBJECTS))
        self._sizes = {name: size for name, size in listing if name is not None}

    def known(self, name: bytes) -> Stored | None:
        """Tell about an object that is stored and whose checksum is known."""
        stored = self._known.get(name)
        return stored if stored is not None and self._sizes.get(name) == stored.size else None

    def stored_bytes(self, name: bytes) -> int | None:
        """Size of an object that is stored but in no list; None where it is not stored, or is in one and broken."""
        return None if name in self._known else self._sizes.get(name)

    def note(self, name: bytes, stored: Stored, *, artifact_bytes: int, copied: bool) -> None:
        """Take note of an object; now and then, save the notes for whoever comes after a kill."""
        self._known[name] = self._unsaved[name] = stored
        self._sizes[name] = stored.size
        if copied:
            self.new_count += 1
            self.new_bytes += artifact_bytes
            self.written_bytes += stored.size
        if time.monotonic() - self._saved_at >= _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Save the notes since the last time."""
        if self._unsaved:
            self._saved += 1
            self._target.put(self._backup.copied(self._saved), write_object_list(self._unsaved.items()))
            self._unsaved = {}
        self._saved_at = time.monotonic()

    def _read_finished(self, listed: Listed, platform: str) -> bool:
        try:
            manifest = manifest_of(self._target, listed.id)
        except RefusedError as error:
            _LOG.warning("an earlier backup is passed over: %s", error)
            return False
        # Another platform's artifacts have other keys.
        return manifest.platform == platform and self._read(listed.id.object_list)

    def _read(self, key: str) -> bool:
        try:
            found = read_object_list(key, self._target.read(key))
        except (GoneError, RefusedError) as error:
            _LOG.warning("a list of stored objects is passed over: %s", error)
            return False
        self._known = found | self._known
        return True
