"""Reads what concerns the canary: whether there is one, and how often it tries the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_SHORTEST_SECONDS = 10
"""A round of a healthy platform takes about one second; with less, the canary would be a load of its own."""
_LONGEST_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class CanarySettings:
    """How the canary goes about it."""

    interval_seconds: int
    """From the start of a round to the start of the next."""


def read_canary(reader: ConfigReader) -> CanarySettings | None:
    """Read the settings, all of them also where there is no canary; None when there is none."""
    wanted = reader.flag("canary", "it would be unclear whether the platform is to be tried all day")
    settings = CanarySettings(
        interval_seconds=reader.integer(
            "canaryInterval",
            _SHORTEST_SECONDS,
            _LONGEST_SECONDS,
            "the canary would be a load of its own, or tell of a fault too late",
        )
    )
    return settings if wanted else None
