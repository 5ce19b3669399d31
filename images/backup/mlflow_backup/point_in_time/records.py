"""The two documents that lie open in the bucket: what a base backup is, and how far the log reaches."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mlflow_backup.archive.fields import Fields
from mlflow_backup.archive.manifest import Dump

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Raised when an older program would read a newer document wrongly."""
_MAJOR = 10_000


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base backup. Times are UTC in ISO 8601."""

    id: str
    platform: str
    system: str
    """PostgreSQL's identifier of the server."""
    tool: str
    postgresql: int
    """Version of the server as a number, such as 150018."""
    segment_bytes: int
    begin_wal: str
    """Segment that its recovery begins with."""
    end_wal: str
    """Segment in which it becomes consistent."""
    begun: str
    ended: str
    """It serves moments from here on."""
    files: Mapping[str, Dump]
    """By name, as stored and plain: `base.tar.gz`, and `<oid>.tar.gz` of each tablespace."""
    recipients: tuple[str, ...]
    """Fingerprints of the public keys."""

    @property
    def major(self) -> int:
        """PostgreSQL's major version."""
        return self.postgresql // _MAJOR

    @property
    def begun_at(self) -> datetime:
        """When it was begun."""
        return datetime.fromisoformat(self.begun)

    @property
    def ended_at(self) -> datetime:
        """When it became usable."""
        return datetime.fromisoformat(self.ended)

    @property
    def stored_bytes(self) -> int:
        """Of all its files, as they are stored."""
        return sum(file.bytes for file in self.files.values())

    def text(self) -> bytes:
        """Write it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()

    @classmethod
    def parse(cls, what: str, text: bytes) -> Base:
        """Read one.

        Raises:
            RefusedError: It is damaged, or of a format that this program does not know.
        """
        fields = Fields.parse(what, text)
        fields.demand_format(FORMAT)
        files = fields.inner("files")
        return cls(
            id=fields.get("id", str),
            platform=fields.get("platform", str),
            system=fields.get("system", str),
            tool=fields.get("tool", str),
            postgresql=fields.get("postgresql", int),
            segment_bytes=fields.get("segment_bytes", int),
            begin_wal=fields.get("begin_wal", str),
            end_wal=fields.get("end_wal", str),
            begun=fields.time("begun"),
            ended=fields.time("ended"),
            files={name: Dump.read(files.inner(name)) for name in fields.get("files", dict)},
            recipients=fields.texts("recipients"),
        )


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far the log reaches in the bucket."""

    platform: str
    system: str
    segment_bytes: int
    finished: str
    """The newest finished segment; empty where none is yet."""
    partial: str
    """The segment that was being written; empty where none was."""
    covered_until: str
    """All that the server had acknowledged until then is in the bucket; empty where that is not known yet."""
    written: str

    def text(self) -> bytes:
        """Write it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()

    @property
    def covered_at(self) -> datetime | None:
        """The time of `covered_until`."""
        return datetime.fromisoformat(self.covered_until) if self.covered_until else None

    @classmethod
    def parse(cls, what: str, text: bytes) -> Position:
        """Read one.

        Raises:
            RefusedError: It is damaged, or of a format that this program does not know.
        """
        fields = Fields.parse(what, text)
        fields.demand_format(FORMAT)
        return cls(
            platform=fields.get("platform", str),
            system=fields.get("system", str),
            segment_bytes=fields.get("segment_bytes", int),
            finished=fields.get("finished", str),
            partial=fields.get("partial", str),
            covered_until=fields.time("covered_until", optional=True),
            written=fields.time("written"),
        )
