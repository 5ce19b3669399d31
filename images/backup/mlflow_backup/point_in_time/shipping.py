"""Ships the log from Barman's disk into the bucket: finished segments at once, the unfinished one now and then."""

from __future__ import annotations

import logging
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlflow_backup.failures import RefusedError
from mlflow_backup.point_in_time.places import Branch
from mlflow_backup.point_in_time.records import Position
from mlflow_backup.point_in_time.segments import HEADER, HISTORY, NAME_DIGITS, Header, Segment
from mlflow_backup.storage.bucket import GoneError
from mlflow_backup.storage.streams import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from mlflow_backup.storage.bucket import Bucket
    from mlflow_backup.storage.encryption import Recipients

_LOG = logging.getLogger(__name__)
_PARTIAL = ".partial"
_BLOCK = 1 << 20
_GZIP = 31
"""zlib's name for gzip's format with the largest window."""
_FAST = 1


class LogShipper:
    """The log of one server at a time, in order."""

    def __init__(self, target: Bucket, recipients: Recipients, platform: str, *, streaming: Path, spool: Path) -> None:
        self._target = target
        self._recipients = recipients
        self._platform = platform
        self._streaming = streaming
        self._spool = spool
        self._branch: Branch | None = None
        self._segment_bytes = 0
        self._shipped: set[str] = set()
        self._finished: Segment | None = None
        self._next: int | None = None
        """Number of the segment that is to come; None: any may."""
        self._partial: Segment | None = None
        self._partial_mark: tuple[str, int] = ("", 0)
        self._covered = ""
        self.gaps: list[str] = []
        """Segments that never came, as a sentence each, since this program was started."""

    @property
    def branch(self) -> Branch | None:
        """Of the server whose log was seen last."""
        return self._branch

    @property
    def newest(self) -> str:
        """Name of the newest finished segment that is in the bucket; empty where none is."""
        return self._finished.name(self._segment_bytes) if self._finished else ""

    def reaches(self, segment: Segment) -> bool:
        """Whether the log is in the bucket up to the end of a segment."""
        return self._finished is not None and self._finished >= segment

    def ship_finished(self) -> int:
        """Ship every finished segment that is not in the bucket, in order; tell how many.

        Barman moves files meanwhile. Each is linked into the spool before it leaves the folder of the stream, so the
        spool is looked at last, and has what has left.
        """
        found = {path.name: path for folder in (self._streaming, self._spool) for path in _finished(folder)}
        count = 0
        for name in sorted(found):
            try:
                count += self._ship(found[name])
            except FileNotFoundError:
                count += self._ship(self._spool / name)
            if found[name].parent == self._spool and name in self._shipped:
                found[name].unlink()
        return count

    def ship_partial(self) -> bool:
        """Ship the unfinished segment where it has grown; tell whether it had."""
        found = sorted(self._streaming.glob(f"*{_PARTIAL}"))
        if not found:
            return False
        path, name = found[-1], found[-1].name.removesuffix(_PARTIAL)
        try:
            mark = (name, path.stat().st_mtime_ns)
            header = _header(path)
            if mark == self._partial_mark or header is None:
                return False
            branch = self._enter(header)
            segment = _own(header, name)
            if segment is None:
                return False
            if self._next is not None and segment.number > self._next:
                self.ship_finished()  # what was finished a moment ago
            self._demand_next(segment)
            self._put(path, branch.log_file(name, partial=True))
        except FileNotFoundError:  # it is finished by now
            return False
        self._partial, self._partial_mark = segment, mark
        return True

    def publish(self, covered: datetime | None) -> None:
        """Write how far the log reaches.

        Args:
            covered: All that was acknowledged until then has been shipped; None where this program does not know yet.
        """
        if self._branch is None:
            return
        if covered is not None:
            self._covered = covered.isoformat(timespec="microseconds")
        partial = self._partial if self._partial and not self.reaches(self._partial) else None
        position = Position(
            platform=self._platform,
            system=self._branch.system,
            segment_bytes=self._segment_bytes,
            finished=self.newest,
            partial=partial.name(self._segment_bytes) if partial else "",
            covered_until=self._covered,
            written=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._target.put(self._branch.position, position.text())

    def _ship(self, path: Path) -> int:
        if path.name in self._shipped:
            return 0
        if HISTORY.fullmatch(path.name):
            if self._branch is None:
                return 0
            self._put(path, self._branch.log_file(path.name))
            self._shipped.add(path.name)
            return 1
        header = _header(path)
        if header is None:
            raise RefusedError(f"{path} is damaged: it is no segment of PostgreSQL's log", "damaged")
        branch = self._enter(header)
        segment = _own(header, path.name)
        if segment is None:
            raise RefusedError(f"{path} is damaged: it is another segment than its name says", "damaged")
        key = branch.log_file(path.name)
        new = self._target.find(key) is None
        if new:
            self._put(path, key)
        self._shipped.add(path.name)
        self._demand_next(segment)
        self._next = max(segment.number + 1, self._next or 0)
        self._finished = max(segment, self._finished or segment)
        return int(new)

    def _demand_next(self, segment: Segment) -> None:
        """Note a gap before a segment, once."""
        if self._next is not None and segment.number > self._next:
            gap = (
                f"the log has a gap between {self.newest} and {segment.name(self._segment_bytes)}: "
                "moments behind it can be had from the next base backup on"
            )
            _LOG.error("%s", gap)
            self.gaps.append(gap)
            self._next = segment.number

    def _enter(self, header: Header) -> Branch:
        """Turn to the server that a segment is from, and to what the bucket has of it."""
        branch = Branch(self._platform, header.system)
        if branch != self._branch:
            self._segment_bytes = header.segment_bytes
            self._finished, self._partial, self._next, self._covered = None, None, None, ""
            try:
                position = Position.parse(branch.position, self._target.read(branch.position))
                self._finished = Segment.parse(position.finished, position.segment_bytes)
                self._next = self._finished.number + 1 if self._finished else None
                self._covered = position.covered_until
            except GoneError:
                _LOG.info("the log of server %s begins", header.system)
            self._branch = branch
        return branch

    def _put(self, path: Path, key: str) -> None:
        with path.open("rb") as file, self._target.upload(key) as upload:
            self._recipients.encrypt(Pieces(_compressed(file)), upload)


def _finished(folder: Path) -> list[Path]:
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in names if HISTORY.fullmatch(path.name) or len(path.name) == NAME_DIGITS]


def _header(path: Path) -> Header | None:
    with path.open("rb") as file:
        return Header.read(file.read(HEADER.size))


def _own(header: Header, name: str) -> Segment | None:
    """Tell the segment that a file is, where content and name agree."""
    segment = Segment.parse(name, header.segment_bytes)
    return segment if segment and header.address == segment.number * header.segment_bytes else None


def _compressed(file: IO[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP)
    while block := file.read(_BLOCK):
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()
