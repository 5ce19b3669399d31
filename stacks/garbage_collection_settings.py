"""Reads what concerns the garbage collection: whether there is one, when, and what it may remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks import checks

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_MOST_DAYS = 3650
_SHORTEST_SECONDS = 300
"""The pod takes two minutes of it for its start and its end."""
_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class GarbageCollectionSettings:
    """When it comes, and what it does."""

    schedule: str
    """Five fields of a cron schedule, in UTC."""
    min_days: int
    dry_run: bool
    deadline: int
    """Seconds."""


def read_garbage_collection(reader: ConfigReader) -> GarbageCollectionSettings | None:
    """Read the settings, all of them also where nothing is collected; None there."""
    wanted = reader.flag("garbageCollection", "it would be unclear whether deleted runs may go for good")
    settings = GarbageCollectionSettings(
        schedule=reader.text("garbageCollectionSchedule", "Kubernetes would refuse the CronJob", checks.cron_schedule),
        min_days=reader.integer(
            "garbageCollectionMinDays", 1, _MOST_DAYS, "a run could go before its owner misses it, or none ever would"
        ),
        dry_run=reader.flag("garbageCollectionDryRun", "it would be unclear whether deleted runs may go for good"),
        deadline=reader.integer(
            "garbageCollectionDeadline",
            _SHORTEST_SECONDS,
            _DAY_SECONDS,
            "a collection would end before it has begun, or never",
        ),
    )
    return settings if wanted else None
