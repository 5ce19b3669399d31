"""`pitr-list`: which base backups there are, and until when the log behind each reaches."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mlflow_backup.failures import RefusedError
from mlflow_backup.point_in_time.catalogue import Server, read_base, read_position, servers, stretch
from mlflow_backup.storage.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow_backup.settings import TargetSettings

_COLUMNS = ("BASE", "STATE", "SERVER", "FROM", "UNTIL", "SEGMENTS", "BYTES")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A base backup in the list, with the moments that it leads to."""

    id: str
    state: str
    """good, gap, unfinished or damaged; by names and sizes, without reading the content."""
    server: str
    fault: str = ""
    since: str = ""
    until: str = ""
    """Empty behind a gap: how far the log leads is for PostgreSQL to find out."""
    segments: int = 0
    bytes: int = 0
    """Of the base backup and the log behind it."""


def rows(settings: TargetSettings) -> list[Row]:
    """Look at every base backup, the newest first."""
    target = Bucket(settings.target)
    found = [_row(target, server, base) for server in servers(target, settings.platform) for base in server.bases]
    return sorted(found, key=lambda row: row.id, reverse=True)


def as_json(found: Sequence[Row]) -> str:
    """Write them for programs."""
    return json.dumps([asdict(row) for row in found])


def as_table(found: Sequence[Row]) -> str:
    """Write them for people; what is wrong with one is told on a line of its own."""
    lines = [_COLUMNS, *(_cells(row) for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(table + [f"{row.id}: {row.fault}" for row in found if row.fault])


def _row(target: Bucket, server: Server, name: str) -> Row:
    system = server.branch.system
    if not server.is_finished(name):
        return Row(id=name, server=system, state="unfinished", fault="it is being written, or broke off")
    try:
        base = read_base(target, server, name)
        position = read_position(target, server)
        log = stretch(server, base, None, position)
    except RefusedError as error:
        return Row(id=name, server=system, state="damaged", fault=str(error))
    sizes = {found.key: found.size for found in server.bases[name]}
    wrong = [
        file for file, known in base.files.items() if sizes.get(server.branch.base_file(name, file)) != known.bytes
    ]
    fault = f"{', '.join(wrong)} is missing or has another size" if wrong else log.gap
    return Row(
        id=name,
        server=system,
        state="damaged" if wrong else "gap" if log.gap else "good",
        fault=fault,
        since=base.ended,
        until="" if fault else position.covered_until,
        segments=len(log.segments),
        bytes=base.stored_bytes + sum(found.size for found in log.segments.values()),
    )


def _cells(row: Row) -> tuple[str, ...]:
    return row.id, row.state, row.server, row.since or "-", row.until or "-", str(row.segments), str(row.bytes)
