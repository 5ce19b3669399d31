"""What the Job tells the program, by variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

URI = "MLFLOW_BACKEND_STORE_URI"
LOCK_SECONDS = "MIGRATION_LOCK_SECONDS"
TABLE_SECONDS = "MIGRATION_TABLE_SECONDS"
MESSAGE_FILE = "MIGRATION_MESSAGE_FILE"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The values of one attempt."""

    uri: str
    """Of the database, without the password, which is in the connection service file."""
    lock_seconds: float
    """Longest wait for another migration or a backup."""
    table_seconds: float
    """Longest wait for tables that others use, who wait as long behind it."""
    message_file: Path
    """Where Kubernetes looks for how it ended."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read them."""
        return cls(
            uri=environment[URI],
            lock_seconds=float(environment[LOCK_SECONDS]),
            table_seconds=float(environment[TABLE_SECONDS]),
            message_file=Path(environment[MESSAGE_FILE]),
        )
