"""The result of a command of the backup program, as another program has put it into a bucket: nothing is certain."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


class NoResultError(Exception):
    """An object is not the result of a command; the message has its key and what is wrong."""


class Result:
    """A JSON object whose fields are read by their kind, see `mlflow_backup.result`.

    Raises:
        NoResultError: It is none, or, by any method, a field is missing or of another kind.
    """

    def __init__(self, key: str, content: bytes) -> None:
        self._key = key
        try:
            fields = json.loads(content)
        except ValueError as error:
            raise NoResultError(f"{key} is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise NoResultError(f"{key} is not a JSON object")
        self._fields: dict[str, Any] = fields

    def has(self, name: str) -> bool:
        """Whether a field says anything."""
        return bool(self._value(name))

    def tells(self, name: str) -> bool:
        """Whether a field is there and not null; 0 is something that is told."""
        return self._value(name) is not None

    def flag(self, name: str) -> bool:
        """Read true or false."""
        value = self._value(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "neither true nor false")
        return value

    def number(self, name: str) -> float:
        """Read a number; `name` may be a path such as `details.dump_bytes`."""
        value = self._value(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "not a number")
        return value

    def time(self, name: str) -> float:
        """Read a time as Unix time."""
        try:
            time = datetime.fromisoformat(str(self._value(name)))
        except ValueError:
            raise self._wrong(name, "not a time in ISO 8601") from None
        if time.tzinfo is None:
            raise self._wrong(name, "a time without its offset from UTC")
        return time.timestamp()

    def _value(self, path: str) -> Any:
        found: Any = self._fields
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def _wrong(self, name: str, what: str) -> NoResultError:
        return NoResultError(f"{self._key}: {name} is {self._value(name)!r}, {what}")
