"""Properties of resources: their types, how values compare, and what makes a value wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sandbox.engine.plugins.protocol.values import UNKNOWN, Values, has_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEFAULTS: Final = "__defaults"  # the bridge lists here which inputs the user did not write


class Kind(Enum):
    """Type of a property; the value is what an absent property of the type equals."""

    STRING = "string"
    INTEGER = "number"
    BOOLEAN = "bool"
    LIST = "list of strings"
    SET = "set of strings"
    MAP = "map of strings"
    OBJECT = "object"
    OBJECTS = "list of objects"

    @property
    def zero(self) -> Any:
        """Value that Terraform's SDK takes for "not set"."""
        return _ZERO[self]


_ZERO: Final[Mapping[Kind, Any]] = {
    Kind.STRING: "",
    Kind.INTEGER: 0,
    Kind.BOOLEAN: False,
    Kind.LIST: [],
    Kind.SET: [],
    Kind.MAP: {},
    Kind.OBJECT: {},
    Kind.OBJECTS: [],
}
_SHAPES: Final[Mapping[Kind, type]] = {
    Kind.LIST: list,
    Kind.SET: list,
    Kind.MAP: dict,
    Kind.OBJECT: dict,
    Kind.OBJECTS: list,
}


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of a resource or of a nested object, in the terms of Terraform's SDK.

    Attributes:
        default: value of an absent input. Only a default that is not the type's zero value becomes an input; the
            others appear in the outputs alone, as with the official plugins.
        computed: the server decides when the program does not.
        given: the program may set it.
        force_new: a change replaces the resource.
        write_only: used when the resource is written, never stored in its outputs, never compared.
        autoname: without a value the name is the resource's own, a dash, and seven random digits.
        same: says whether two values mean the same; equality otherwise.
        problem: says what is wrong with a value, or None.
        fields: properties of a nested object.
    """

    kind: Kind = Kind.STRING
    required: bool = False
    default: Any = None
    computed: bool = False
    given: bool = True
    force_new: bool = False
    secret: bool = False
    write_only: bool = False
    autoname: bool = False
    conflicts: tuple[str, ...] = ()
    same: Callable[[Any, Any], bool] | None = None
    problem: Callable[[Any], str | None] | None = None
    fields: Mapping[str, Property] = field(default_factory=dict)

    def equal(self, old: Any, new: Any) -> bool:
        """Compare a stored value with a wanted one; absent and zero are the same, sets have no order."""
        if has_unknown(new):
            return False
        old, new = (self.kind.zero if value is None else value for value in (old, new))
        if self.same:
            return bool(self.same(old, new))
        if self.kind is Kind.SET:
            return sorted(old) == sorted(new)
        if self.kind is Kind.OBJECT:
            return self._equal_fields(old, new)
        if self.kind is Kind.OBJECTS:
            return len(old) == len(new) and all(map(self._equal_fields, old, new))
        return bool(old == new)

    def _equal_fields(self, old: Values, new: Values) -> bool:
        return all(
            prop.equal(old.get(name), new.get(name, prop.default))
            for name, prop in self.fields.items()
            if name in new or not prop.computed
        )


@dataclass(frozen=True)
class Failure:
    """A property that check refuses."""

    path: str
    reason: str


def check_fields(properties: Mapping[str, Property], inputs: Values, prefix: str) -> Iterator[Failure]:
    """Find unknown, missing and wrong properties, and convert scalars in place; ``prefix`` is the path above."""
    for key in inputs.keys() - {name for name, prop in properties.items() if prop.given}:
        if key != DEFAULTS:
            yield Failure(prefix + key, f"Invalid or unknown key. Examine values at '{prefix}{key}'.")
    for key, prop in properties.items():
        path = prefix + key
        if inputs.get(key) is None:
            if prop.required and not prop.autoname:
                text = f'The argument "{snake_case(key)}" is required, but no definition was found.'
                yield Failure(path, f"Missing required argument. {text}. Examine values at '{path}'.")
        elif inputs[key] is not UNKNOWN:
            yield from _check_value(prop, inputs, key, path)


def _check_value(prop: Property, inputs: Values, key: str, path: str) -> Iterator[Failure]:
    try:
        inputs[key] = coerced(prop.kind, inputs[key])
    except ValueError:
        reason = f'Inappropriate value for attribute "{snake_case(key)}": {prop.kind.value} required.'
        yield Failure(path, f"{reason} Examine values at '{path}'.")
        return
    value = inputs[key]
    if prop.kind is Kind.OBJECT:
        yield from check_fields(prop.fields, value, f"{path}.")
    elif prop.kind is Kind.OBJECTS:
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield from check_fields(prop.fields, item, f"{path}[{index}].")
    problem = prop.problem(value) if prop.problem and not has_unknown(value) else None
    if problem:
        yield Failure(path, f"{problem}. Examine values at '{path}'.")


def coerced(kind: Kind, value: Any) -> Any:
    """Convert a scalar as the bridge does ("5" is a number where one is wanted).

    Raises:
        ValueError: the value has another shape.
    """
    if kind in _SHAPES:
        if not isinstance(value, _SHAPES[kind]):
            raise ValueError(value)
        return value
    if isinstance(value, list | dict):
        raise ValueError(value)  # noqa: TRY004 - the caller turns one error type into a check failure
    if kind is Kind.STRING:
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind is Kind.BOOLEAN:
        if str(value).lower() not in {"true", "false"}:
            raise ValueError(value)
        return str(value).lower() == "true"
    if isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004
    return int(str(value))


def snake_case(name: str) -> str:
    """Give a property the name that Terraform has for it, which is what messages show."""
    return re.sub(r"([A-Z])", lambda match: "_" + match[0].lower(), name)
