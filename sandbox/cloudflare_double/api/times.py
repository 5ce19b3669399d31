"""Go durations and RFC 3339 times, as the API takes and gives them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """A Go duration; ValueError for anything else, and for one that no date can hold."""
    if _DURATION.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a duration such as 8h or 1h30m")
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
    except OverflowError as error:
        raise ValueError(f"{text!r} is too long") from error


def parse_time(text: str) -> datetime:
    """An RFC 3339 time; ValueError for anything else."""
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time such as 2026-01-31T00:00:00Z")
    return datetime.fromisoformat(text).astimezone(UTC)


def written(moment: datetime) -> str:
    """A time as the API shows it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def now() -> datetime:
    """The present, in whole seconds as the API shows it."""
    return datetime.now(UTC).replace(microsecond=0)


def duration_problem(text: str) -> str | None:
    """What is wrong with a field that holds a Go duration."""
    try:
        parse_duration(text)
    except ValueError as error:
        return f"is invalid: {error}"
    return None


def time_problem(text: str) -> str | None:
    """What is wrong with a field that holds a time."""
    try:
        parse_time(text)
    except ValueError as error:
        return f"is invalid: {error}"
    return None
