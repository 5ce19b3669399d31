"""What the bucket has of a platform's base backups and logs, and which of it leads to a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlflow_backup.failures import NothingToDoError, RefusedError
from mlflow_backup.point_in_time.places import Branch, place_of, platform_prefix
from mlflow_backup.point_in_time.records import Base, Position
from mlflow_backup.point_in_time.segments import HISTORY, Segment
from mlflow_backup.storage.bucket import GoneError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from mlflow_backup.storage.bucket import Bucket, Found


@dataclass
class Server:
    """What is there from one server."""

    branch: Branch
    bases: dict[str, list[Found]] = field(default_factory=dict)
    """By id, finished or not."""
    finished: dict[str, Found] = field(default_factory=dict)
    """Segments of the log by name."""
    partial: dict[str, Found] = field(default_factory=dict)
    histories: dict[str, Found] = field(default_factory=dict)

    def is_finished(self, base: str) -> bool:
        """Whether a base backup has a manifest."""
        return any(found.key == self.branch.base_manifest(base) for found in self.bases.get(base, ()))


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The part of a log that leads from a base backup on."""

    segments: Mapping[str, Found]
    """What to replay, in order, by name; the last one may be an unfinished segment."""
    histories: Mapping[str, Found]
    gap: str
    """The sentence about what is missing behind them; empty where they reach as far as they should."""

    @property
    def last_written(self) -> datetime | None:
        """When the newest of them came into the bucket."""
        return max((found.changed_at for found in self.segments.values()), default=None)


def servers(target: Bucket, platform: str) -> list[Server]:
    """List what there is of a platform, by server."""
    found: dict[Branch, Server] = {}
    for item in target.list(platform_prefix(platform)):
        place = place_of(platform, item.key)
        if place is None:
            continue
        server = found.setdefault(place.branch, Server(place.branch))
        if place.base:
            server.bases.setdefault(place.base, []).append(item)
        elif HISTORY.fullmatch(place.log):
            server.histories[place.log] = item
        elif place.log:
            (server.partial if place.is_partial else server.finished)[place.log] = item
    return [found[branch] for branch in sorted(found)]


def read_base(target: Bucket, server: Server, base: str) -> Base:
    """Read the manifest of a base backup.

    Raises:
        RefusedError: It is damaged, of another place, or too new.
    """
    key = server.branch.base_manifest(base)
    try:
        found = Base.parse(key, target.read(key))
    except GoneError as error:
        raise RefusedError(f"{key} has vanished", "damaged") from error
    if (found.id, found.platform, found.system) != (base, server.branch.platform, server.branch.system):
        raise RefusedError(
            f"{key} is of base backup {found.id} of platform {found.platform}, server {found.system}: "
            "somebody has copied it here",
            "foreign",
        )
    return found


def read_position(target: Bucket, server: Server) -> Position:
    """Read how far a log reaches.

    Raises:
        RefusedError: It is damaged, or not there.
    """
    key = server.branch.position
    try:
        return Position.parse(key, target.read(key))
    except GoneError as error:
        raise RefusedError(f"{key} is missing: how far the log reaches is unknown", "damaged") from error


def finished_bases(target: Bucket, found: Iterable[Server]) -> list[tuple[Server, Base]]:
    """Read the manifests of all that are finished, the newest first."""
    bases = [
        (server, read_base(target, server, base))
        for server in found
        for base in server.bases
        if server.is_finished(base)
    ]
    return sorted(bases, key=lambda pair: pair[1].ended_at, reverse=True)


def choose(bases: list[tuple[Server, Base]], moment: datetime | None, bucket: str) -> tuple[Server, Base, Base | None]:
    """Find the base backup that leads to a moment.

    Args:
        bases: As `finished_bases` gives them.
        moment: None: the newest there is.
        bucket: Its name, for the messages.

    Returns:
        The server, the base backup, and the next one of the same server: behind its end the moment cannot be.

    Raises:
        NothingToDoError: None is old enough, or there is none.
    """
    if not bases:
        raise NothingToDoError(f"bucket {bucket} holds no base backup of this platform")
    later: Base | None = None
    for server, base in bases:
        if moment is None or base.ended_at <= moment:
            same = later if later and later.system == base.system else None
            return server, base, same
        later = base
    raise NothingToDoError(
        f"the oldest base backup ended at {bases[-1][1].ended}: no moment before can be had; "
        "a logical backup may be older (`list`)"
    )


def stretch(server: Server, base: Base, until: Base | None, position: Position) -> Stretch:
    """Collect the log from a base backup on.

    Args:
        server: What the bucket has.
        base: To begin with.
        until: The last segment that matters is this one's last; None: all.
        position: How far the log is said to reach.
    """
    size = base.segment_bytes
    begin = _segment(base.begin_wal, size, "begin_wal")
    there = _by_number(server, size)
    end = _segment(until.end_wal, size, "end_wal").number if until else _reached(position, size)
    segments: dict[str, Found] = {}
    for number in range(begin.number, end + 1):
        if number not in there:
            missing = Segment(number, begin.timeline).name(size)
            gap = (
                f"segment {missing} of the log is missing, and it reaches to {Segment(end, begin.timeline).name(size)}"
            )
            return Stretch(segments=segments, histories=server.histories, gap=gap)
        segments |= there[number]
    return Stretch(segments=segments, histories=server.histories, gap="")


def _by_number(server: Server, size: int) -> dict[int, dict[str, Found]]:
    """Group the segments; after a change of timeline there are several of one number."""
    there: dict[int, dict[str, Found]] = {}
    for names in (server.partial, server.finished):  # a finished one takes the place of what there was of it before
        for name, found in names.items():
            if segment := Segment.parse(name, size):
                there.setdefault(segment.number, {})[name] = found
    return there


def _reached(position: Position, size: int) -> int:
    numbers = [
        segment.number for name in (position.finished, position.partial) if (segment := Segment.parse(name, size))
    ]
    return max(numbers, default=0)


def _segment(name: str, size: int, field_name: str) -> Segment:
    segment = Segment.parse(name, size) if size > 0 else None
    if segment is None:
        raise RefusedError(f"the manifest of a base backup is damaged: its {field_name} is {name!r}", "damaged")
    return segment
