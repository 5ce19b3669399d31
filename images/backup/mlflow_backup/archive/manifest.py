"""The manifest: what a backup is, open to everybody who may read the bucket, and without a secret.

It carries the checksums of the backup's other files. Who may write to the bucket could change it, so the inventory,
which only holders of a public key can encrypt, repeats it (`core`), and whoever reads a backup compares the two. The
public keys are not in the bucket: the manifest has their fingerprints. What is stronger than that, such as an object
lock, is the bucket's to give.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlflow_backup.archive.fields import Fields
from mlflow_backup.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow_backup.archive.layout import BackupId

FORMAT = 1
"""Raised when an older program would read a newer backup wrongly."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the backup as it is stored."""

    bytes: int
    sha256: str

    @classmethod
    def read(cls, fields: Fields) -> File:
        """Read it from JSON."""
        return cls(bytes=fields.get("bytes", int), sha256=fields.get("sha256", str))


@dataclass(frozen=True, kw_only=True)
class Dump(File):
    """The database, encrypted (`bytes`, `sha256`) and plain."""

    plaintext_bytes: int
    plaintext_sha256: str

    @classmethod
    def read(cls, fields: Fields) -> Dump:
        """Read it from JSON."""
        return cls(
            bytes=fields.get("bytes", int),
            sha256=fields.get("sha256", str),
            plaintext_bytes=fields.get("plaintext_bytes", int),
            plaintext_sha256=fields.get("plaintext_sha256", str),
        )


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Of the artifacts; bytes as they are in the artifact bucket."""

    count: int
    bytes: int
    new_count: int
    """Copied by this backup; the rest was there."""
    new_bytes: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All of it. Times are UTC in ISO 8601."""

    id: BackupId
    platform: str
    """Whose backup it is; another platform refuses to restore it by mistake."""
    source_bucket: str
    """To read the artifact addresses in the database."""
    started: str
    created: str
    """Time of the database's snapshot: what was stored before is in the backup."""
    tool: str
    """Version of this program."""
    postgresql_server: str
    postgresql_client: str
    mlflow_revision: str
    """Of the schema, as Alembic names it."""
    tables: Mapping[str, int]
    """Rows of each table in the snapshot."""
    dump: Dump
    artifacts: Totals
    objects: File
    """The list of stored objects."""
    recipients: tuple[str, ...]
    """Fingerprints of the public keys."""
    missing: tuple[str, ...]
    """Names, as in the list of objects, of artifacts that vanished while they were copied; none if it is complete."""
    inventory: File | None = None
    """None only while the inventory, which repeats the rest, is being written."""
    ended: str = ""

    @property
    def complete(self) -> bool:
        """Whether the backup has every artifact that it should."""
        return not self.missing

    @property
    def created_at(self) -> datetime:
        """Time of the snapshot."""
        return datetime.fromisoformat(self.created)

    def core(self) -> dict[str, Any]:
        """Give what the inventory repeats."""
        document = json.loads(json.dumps({"format": FORMAT, **asdict(self), "id": str(self.id)}))
        return {key: value for key, value in document.items() if key not in ("inventory", "ended")}

    def text(self) -> bytes:
        """Write it as JSON."""
        if self.inventory is None:
            raise ValueError("a manifest without its inventory")
        document = self.core() | {"complete": self.complete, "inventory": asdict(self.inventory), "ended": self.ended}
        return json.dumps(document, indent=1, sort_keys=True).encode()

    @classmethod
    def parse(cls, backup: BackupId, text: bytes) -> Manifest:
        """Read one.

        Raises:
            RefusedError: It is damaged, or of a format that this program does not know.
        """
        what = f"backup {backup}: its manifest"
        fields = Fields.parse(what, text)
        fields.demand_format(FORMAT)
        if fields.get("id", str) != str(backup):
            raise RefusedError(f"{what} is damaged: it belongs to backup {fields.get('id', str)}", "damaged")
        return _read(backup, fields)


def _read(backup: BackupId, fields: Fields) -> Manifest:
    totals = fields.inner("artifacts")
    return Manifest(
        id=backup,
        platform=fields.get("platform", str),
        source_bucket=fields.get("source_bucket", str),
        started=fields.get("started", str),
        created=fields.time("created"),
        tool=fields.get("tool", str),
        postgresql_server=fields.get("postgresql_server", str),
        postgresql_client=fields.get("postgresql_client", str),
        mlflow_revision=fields.get("mlflow_revision", str),
        tables=fields.numbers("tables"),
        dump=Dump.read(fields.inner("dump")),
        artifacts=Totals(
            count=totals.get("count", int),
            bytes=totals.get("bytes", int),
            new_count=totals.get("new_count", int),
            new_bytes=totals.get("new_bytes", int),
        ),
        objects=File.read(fields.inner("objects")),
        recipients=fields.texts("recipients"),
        missing=fields.texts("missing"),
        inventory=File.read(fields.inner("inventory")),
        ended=fields.get("ended", str),
    )
