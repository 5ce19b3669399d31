"""`list`: which backups there are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mlflow_backup.failures import RefusedError
from mlflow_backup.storage.bucket import Bucket
from mlflow_backup.storage.catalogue import backups, manifest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow_backup.archive.state import Listed
    from mlflow_backup.settings import TargetSettings

_UNITS = ("B", "KiB", "MiB", "GiB")
_STEP = 1024
_COLUMNS = ("ID", "STATE", "PLATFORM", "REVISION", "OBJECTS", "SIZE", "DATABASE", "NEW")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A backup in the list."""

    id: str
    state: str
    """good, incomplete, unfinished or damaged; by sizes, without reading the content."""
    fault: str = ""
    platform: str = ""
    created: str = ""
    revision: str = ""
    objects: int = 0
    artifact_bytes: int = 0
    dump_bytes: int = 0
    new_bytes: int = 0


def rows(settings: TargetSettings) -> list[Row]:
    """Look at every backup, the newest first."""
    target = Bucket(settings.target)
    return [_row(target, listed) for listed in backups(target)]


def as_json(found: Sequence[Row]) -> str:
    """Write them for programs."""
    return json.dumps([asdict(row) for row in found])


def as_table(found: Sequence[Row]) -> str:
    """Write them for people; what is wrong with one is told on a line of its own."""
    lines = [_COLUMNS, *(_cells(row) for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(table + [f"{row.id}: {row.fault}" for row in found if row.fault])


def _row(target: Bucket, listed: Listed) -> Row:
    name = str(listed.id)
    if not listed.finished:
        return Row(id=name, state="unfinished", fault="it is being written, or broke off")
    try:
        manifest = manifest_of(target, listed.id)
    except RefusedError as error:
        return Row(id=name, state="damaged", fault=str(error))
    faults = listed.faults(manifest)
    missing = f"{len(manifest.missing)} artifacts vanished while it was made" if manifest.missing else ""
    return Row(
        id=name,
        state="damaged" if faults else "good" if manifest.complete else "incomplete",
        fault="; ".join(faults) or missing,
        platform=manifest.platform,
        created=manifest.created,
        revision=manifest.mlflow_revision,
        objects=manifest.artifacts.count,
        artifact_bytes=manifest.artifacts.bytes,
        dump_bytes=manifest.dump.plaintext_bytes,
        new_bytes=manifest.artifacts.new_bytes,
    )


def _cells(row: Row) -> tuple[str, ...]:
    sizes = [_size(size) for size in (row.artifact_bytes, row.dump_bytes, row.new_bytes)]
    return (row.id, row.state, row.platform or "-", row.revision or "-", str(row.objects), *sizes)


def _size(number: int) -> str:
    size, unit = float(number), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{number} B"
