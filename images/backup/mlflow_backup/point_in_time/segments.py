"""Segments of the write-ahead log: their names, their order, and what the first page of each says about it."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from mlflow_backup.failures import RefusedError

HISTORY = re.compile(r"[0-9A-F]{8}\.history")
NAME_DIGITS = 24
_NAME = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})")
_LOG_BYTES = 1 << 32
"""What the middle third of a name counts."""
HEADER = struct.Struct("<HHIQI4xQII")
"""XLogLongPageHeaderData of xlog_internal.h: magic, flags, timeline, address, remainder, system, segment size, block
size; on the byte order of every machine that this image runs on."""
_LONG_HEADER = 0x0002


@dataclass(frozen=True, order=True)
class Segment:
    """A segment; they sort as PostgreSQL replays them."""

    number: int
    """Of all since the first byte of the log."""
    timeline: int

    @classmethod
    def parse(cls, name: str, segment_bytes: int) -> Segment | None:
        """Read a name; None if it is none."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        timeline, log, part = (int(group, 16) for group in match.groups())
        return cls(log * (_LOG_BYTES // segment_bytes) + part, timeline)

    def name(self, segment_bytes: int) -> str:
        """Write the name."""
        log, part = divmod(self.number, _LOG_BYTES // segment_bytes)
        return f"{self.timeline:08X}{log:08X}{part:08X}"


@dataclass(frozen=True)
class Header:
    """What the first page of a segment says."""

    system: str
    """Identifier that initdb has given to the server's data."""
    timeline: int
    address: int
    """Of the first byte in the whole log."""
    segment_bytes: int

    @classmethod
    def read(cls, content: bytes) -> Header | None:
        """Read it; None where nothing has been written yet, or it is no segment."""
        if len(content) < HEADER.size:
            return None
        magic, flags, timeline, address, _, system, segment_bytes, _ = HEADER.unpack_from(content)
        if not magic or not flags & _LONG_HEADER or not segment_bytes:
            return None
        return cls(str(system), timeline, address, segment_bytes)

    def demand(self, what: str, segment: Segment, system: str, segment_bytes: int) -> None:
        """See that the content belongs to the name.

        Raises:
            RefusedError: It is of another server, or of another place in the log.
        """
        if self.system != system:
            raise RefusedError(
                f"{what} is of server {self.system}, and the base backup of server {system}: it is no part of this log",
                "foreign",
            )
        # The first segment of a timeline begins with pages of the one before.
        if (self.address, self.segment_bytes) != (segment.number * segment_bytes, segment_bytes) or (
            self.timeline > segment.timeline
        ):
            raise RefusedError(f"{what} is damaged: it is another segment of the log", "damaged")
