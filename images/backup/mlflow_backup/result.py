"""How a command ended, for other programs: the monitoring reads `status/<command>.json` in the bucket of backups."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Result:
    """One JSON object. Fields are added in later versions, and never change their meaning."""

    command: str
    """create, verify, restore, drill, prune, pitr, pitr-fetch or pitr-restore."""
    ok: bool
    """The command did what it says: `exit_code` is 0."""
    exit_code: int
    """See `failures.ExitCode`."""
    reason: str = ""
    """One word where it did not: usage, damaged, edited, incomplete, foreign, newer-format, newer-schema, wrong-key,
    not-empty, conflict, different, locked, lock-lost, unreachable, vanished, nothing, stopped, storage, dump, restore,
    fault; of the point-in-time recovery also beyond, gap, behind, no-base, barman."""
    message: str = ""
    """The same in a sentence for people."""
    started: str
    """UTC, ISO 8601."""
    ended: str
    duration_seconds: float
    id: str = ""
    """The backup that was made, checked or restored."""
    created: str = ""
    """Time of that backup's snapshot of the database."""
    objects: int = 0
    """Artifacts of that backup; of prune, the stored objects that were removed."""
    bytes: int = 0
    """create: written to the bucket of backups. verify, restore and drill: read from it. prune: freed in it."""
    phases: Mapping[str, float] = field(default_factory=dict)
    """Seconds that each part took."""
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """What only this command has to tell."""

    def text(self) -> str:
        """Write it in one line."""
        return json.dumps(asdict(self), ensure_ascii=False)
