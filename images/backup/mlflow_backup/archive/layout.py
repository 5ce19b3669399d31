"""Where everything is in the bucket of backups.

    backups/<id>/started.json           written first, so that others see a backup that is under way
    backups/<id>/database.dump.age      pg_dump's custom format
    backups/<id>/copied-<n>.txt.gz      while it runs: what it has copied so far, for the next one if this one is killed
    backups/<id>/objects.txt.gz         the stored objects of the backup, by names that say nothing; see `object_list`
    backups/<id>/artifacts.jsonl.gz.age what these objects are; see `inventory`
    backups/<id>/manifest.json          written last: without it there is no backup; see `manifest`
    objects/<2 hex>/<64 hex>.age        an artifact, written once and shared by all backups that hold it
    status/<command>.json               how the command last ended; see `result`
    status/<command>.ok.json            how it last succeeded, so that a listing tells when that was
    reading/<id or log>/<12 hex>        who reads a backup, or the log; emptied in the end; see `storage.leases`
    pitr/...                            base backups and the log; see `point_in_time.places`

What ends in `.age` is encrypted to every recipient.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BACKUPS = "backups/"
OBJECTS = "objects/"
READING = "reading/"
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_OBJECT = re.compile(rf"{OBJECTS}([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})\.age")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, order=True)
class BackupId:
    """UTC time of the start: `20261126T190000Z-0a1b2c`. They sort by age.

    The six digits are five of microseconds and a random one, so that two of one second sort and differ.
    """

    text: str

    @classmethod
    def new(cls, now: datetime) -> BackupId:
        """Make one up."""
        return cls(f"{now.astimezone(UTC).strftime(_TIME)}-{now.microsecond << 4 | secrets.randbits(4):06x}")

    @classmethod
    def parse(cls, text: str) -> BackupId | None:
        """Read one; None if it is none."""
        if not _ID.fullmatch(text):
            return None
        try:
            datetime.strptime(text[:16], _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(text)

    def __str__(self) -> str:
        return self.text

    @property
    def time(self) -> datetime:
        """When it was begun."""
        return datetime.strptime(self.text[:16], _TIME).replace(tzinfo=UTC)

    @property
    def prefix(self) -> str:
        """What all its keys begin with."""
        return f"{BACKUPS}{self.text}/"

    @property
    def started(self) -> str:
        """Key of what is written first."""
        return f"{self.prefix}started.json"

    @property
    def dump(self) -> str:
        """Key of the database."""
        return f"{self.prefix}database.dump.age"

    @property
    def object_list(self) -> str:
        """Key of the list of stored objects."""
        return f"{self.prefix}objects.txt.gz"

    @property
    def inventory(self) -> str:
        """Key of the inventory."""
        return f"{self.prefix}artifacts.jsonl.gz.age"

    @property
    def manifest(self) -> str:
        """Key of what is written last."""
        return f"{self.prefix}manifest.json"

    def copied(self, number: int) -> str:
        """Key of a part of the list while the backup runs."""
        return f"{self.prefix}copied-{number:05d}.txt.gz"

    def is_copied(self, key: str) -> bool:
        """Whether a key is one of those."""
        return key.startswith(f"{self.prefix}copied-")


def owner_of(key: str) -> BackupId | None:
    """Tell the backup that a key belongs to."""
    return BackupId.parse(key.removeprefix(BACKUPS).partition("/")[0]) if key.startswith(BACKUPS) else None


def object_key(name: bytes) -> str:
    """Key of a stored object."""
    digits = name.hex()
    return f"{OBJECTS}{digits[:2]}/{digits}.age"


def object_name(key: str) -> bytes | None:
    """Read the name back from a key; None if it is not the key of a stored object."""
    match = _OBJECT.fullmatch(key)
    return bytes.fromhex(match[2]) if match else None


def status_key(command: str, *, succeeded: bool = False) -> str:
    """Key of how a command last ended, or last succeeded."""
    return f"status/{command}.ok.json" if succeeded else f"status/{command}.json"


def reading_key(what: str) -> str:
    """Make up the key of somebody who begins to read a backup, by its id, or what stands for the log."""
    return f"{READING}{what}/{secrets.token_hex(6)}"


def read_of(key: str) -> str:
    """Tell what is read by the one with this key."""
    return key.removeprefix(READING).partition("/")[0]


@dataclass(frozen=True)
class Artifact:
    """An object of the artifact bucket at one time."""

    key: str
    etag: str
    size: int

    def name(self, recipients: Iterable[str]) -> bytes:
        """Name of the stored object: the same artifact is stored once for the same recipients.

        A changed artifact is another object. So is an artifact that new keys are to read: what was stored before cannot
        be encrypted to them without a private key. It tells an outsider nothing, since a key holds the random id of a
        run or model.

        Args:
            recipients: Fingerprints of the keys that it is encrypted to.
        """
        return hashlib.sha256(b"\0".join([self._identity, *(key.encode() for key in sorted(recipients))])).digest()

    def blinded(self, checksum: bytes) -> bytes:
        """Hide the SHA-256 of the content, or bring it back.

        The next backup has to know the checksums of what it does not copy again, but cannot decrypt an inventory. So
        they lie open, and a bare one would tell whoever sees it that the platform has some well-known file.
        """
        pad = hashlib.sha256(b"checksum\0" + self._identity).digest()
        return bytes(left ^ right for left, right in zip(checksum, pad, strict=True))

    @property
    def _identity(self) -> bytes:
        return f"{self.key}\0{self.etag}\0{self.size}".encode()
