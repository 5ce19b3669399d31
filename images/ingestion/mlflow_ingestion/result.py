"""How a run ended, for other programs: one line of JSON, the last on standard output."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Result:
    """Fields are added in later versions, and never change their meaning."""

    ok: bool
    exit_code: int
    """See `failures.ExitCode`."""
    reason: str
    """The same in one word."""
    message: str = ""
    """The same in a sentence for people, where it is not ok."""
    seconds: float
    records: int = 0
    """Aspects that the sink has taken."""
    entities: Mapping[str, int] = field(default_factory=dict)
    """By type, those that were told of; of runs, also the deleted ones."""
    removed: int = 0
    """Entities that were there the last time and no longer are."""
    warnings: int = 0

    def text(self) -> str:
        """Write it in one line."""
        return json.dumps(asdict(self), ensure_ascii=False)
