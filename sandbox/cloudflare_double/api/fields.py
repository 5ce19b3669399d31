"""The fields of a request's body: which exist, of what type, and what their values may be.

A field that is not listed is refused, so that nothing is silently dropped. ``null`` means absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.cloudflare_double.api.envelope import ApiError
    from sandbox.cloudflare_double.store import Record

Check: TypeAlias = "Callable[[Any], str | None]"
Refusal: TypeAlias = "Callable[[str], ApiError]"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field: its JSON type, what stands in for it when it is absent, and what is wrong with a value."""

    kind: type | tuple[type, ...] = str
    required: bool = False
    default: Any = None
    problem: Check | None = None

    def wrong(self, name: str, value: object) -> str | None:
        """What is wrong with a value, in a sentence that names the field."""
        if not _is(value, self.kind):
            return f"{name} must be {_named(self.kind)}"
        found = self.problem(value) if self.problem else None
        return None if found is None else f"{name} {found}"


_NAMES: Final = {str: "a string", bool: "a boolean", int: "an integer", list: "an array", dict: "an object"}


def _named(kind: type | tuple[type, ...]) -> str:
    return "a number" if isinstance(kind, tuple) else _NAMES[kind]


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    # JSON's booleans are no numbers, Python's are.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


NUMBER: Final = (int, float)


def read(fields: Mapping[str, Field], body: Mapping[str, Any], refuse: Refusal) -> Record:
    """The body with its defaults; what is wrong with it is raised as ``refuse`` words it."""
    for name in body:
        if name not in fields:
            raise refuse(f"unknown or unsupported field {name}")
    values: Record = {}
    for name, field in fields.items():
        value = body.get(name)
        if value is None:
            if field.required:
                raise refuse(f"{name} is required")
            values[name] = list(field.default) if isinstance(field.default, list) else field.default
            continue
        problem = field.wrong(name, value)
        if problem:
            raise refuse(problem)
        values[name] = value
    return values


def one_of(*allowed: str) -> Check:
    """A value from a list."""
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def not_blank(value: str) -> str | None:
    """A text with something in it."""
    return None if value.strip() else "must not be empty"


def email_problem(value: str) -> str | None:
    """A text that may be an e-mail address."""
    local, _, domain = value.rpartition("@")
    return None if local and "." in domain else f"{value} is not an e-mail address"


def only(value: object) -> Check:
    """A documented field whose effect the double does not have: only the value without effect is taken."""
    neutral = value
    return lambda given: None if given == neutral else "is not supported by the double"
