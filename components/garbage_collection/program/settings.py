"""What the program is told, by environment variables. Nothing secret: libpq and boto3 find their own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

URI = "MLFLOW_BACKEND_STORE_URI"
BUCKET = "GARBAGE_BUCKET"
MIN_DAYS = "GARBAGE_MIN_DAYS"
DRY_RUN = "GARBAGE_DRY_RUN"
WORK_SECONDS = "GARBAGE_WORK_SECONDS"
LOCK_SECONDS = "GARBAGE_LOCK_SECONDS"
TURN_SECONDS = "GARBAGE_TURN_SECONDS"
PAUSE_SECONDS = "GARBAGE_PAUSE_SECONDS"
MESSAGE_FILE = "GARBAGE_MESSAGE_FILE"
"""Where Kubernetes looks for how it ended; told apart, since it is needed also where the others are wrong."""
_DAY_MS = 86_400_000


class SettingsError(ValueError):
    """A variable that is missing or wrong."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The values of one collection."""

    uri: str
    """Of the database, without the password, which is in the connection service file."""
    bucket: str
    min_days: float
    """So long a thing has to have been deleted."""
    dry_run: bool
    """Tell what would go, and remove nothing."""
    work_seconds: float
    """After so long nothing more is begun; the rest is for the next time."""
    lock_seconds: float
    """Longest wait for a backup or a migration."""
    turn_seconds: float
    """So long the lock is held at one time."""
    pause_seconds: float
    """So long the others may take it then."""

    @property
    def min_ms(self) -> int:
        """The minimum age in MLflow's unit."""
        return round(self.min_days * _DAY_MS)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read them.

        Raises:
            SettingsError: One is missing or is not what it should be.
        """
        return cls(
            uri=_text(environment, URI),
            bucket=_text(environment, BUCKET),
            min_days=_number(environment, MIN_DAYS),
            dry_run=_flag(environment, DRY_RUN),
            work_seconds=_number(environment, WORK_SECONDS),
            lock_seconds=_number(environment, LOCK_SECONDS),
            turn_seconds=_number(environment, TURN_SECONDS),
            pause_seconds=_number(environment, PAUSE_SECONDS),
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _number(environment: Mapping[str, str], name: str) -> float:
    value = _text(environment, name)
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{name} is {value!r} and not a number from 0 on")
    return number


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = _text(environment, name)
    if value not in {"true", "false"}:
        raise SettingsError(f"{name} is {value!r} and neither true nor false, so that it is unclear what may go")
    return value == "true"
