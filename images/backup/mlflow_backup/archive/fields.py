"""Reads JSON that somebody may have damaged: a wrong type is a sentence, not a traceback."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

from mlflow_backup.failures import RefusedError

_Type = TypeVar("_Type")


class Fields:
    """A JSON object, read by field with the type that it must have."""

    def __init__(self, what: str, document: object) -> None:
        if not isinstance(document, dict):
            raise RefusedError(f"{what} is damaged: it is no JSON object", "damaged")
        self._what = what
        self._document: dict[str, Any] = document

    @classmethod
    def parse(cls, what: str, text: bytes) -> Fields:
        """Read JSON text.

        Raises:
            RefusedError: It is none.
        """
        try:
            return cls(what, json.loads(text))
        except ValueError as error:
            raise RefusedError(f"{what} is damaged: it is no JSON ({error})", "damaged") from error

    def get(self, name: str, kind: type[_Type]) -> _Type:
        """Read a field.

        Raises:
            RefusedError: It is missing or of another type.
        """
        value = self._document.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise RefusedError(f"{self._what} is damaged: its field {name!r} is no {kind.__name__}", "damaged")
        return value

    def demand_format(self, known: int) -> None:
        """See that this program knows what is written so.

        Raises:
            RefusedError: The field `format` is missing, or above the newest that is known.
        """
        if (number := self.get("format", int)) > known:
            raise RefusedError(
                f"{self._what} has format {number}, and this program knows none above {known}: use a newer program",
                "newer-format",
            )

    def time(self, name: str, *, optional: bool = False) -> str:
        """Read a time in ISO 8601, with a zone: without one it could not be compared with others.

        Args:
            name: Of the field.
            optional: It may be empty.

        Raises:
            RefusedError: It is none.
        """
        text = self.get(name, str)
        if optional and not text:
            return text
        try:
            sound = datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            sound = False
        if not sound:
            raise RefusedError(f"{self._what} is damaged: its field {name!r} is no time", "damaged")
        return text

    def inner(self, name: str) -> Fields:
        """Read a field that is an object itself."""
        return Fields(f"{self._what}, field {name!r},", self._document.get(name))

    def numbers(self, name: str) -> dict[str, int]:
        """Read an object whose values are all numbers."""
        inner = Fields(self._what, self.get(name, dict))
        return {key: inner.get(key, int) for key in self.get(name, dict)}

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of texts."""
        values = self.get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise RefusedError(f"{self._what} is damaged: its field {name!r} is no list of texts", "damaged")
        return tuple(values)
