"""Properties of resources: their types, how values compare, and what makes a value wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
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
    OBJECT_SET = "set of objects"

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
    Kind.OBJECT_SET: [],
}
_LISTS_OF_OBJECTS: Final = frozenset({Kind.OBJECTS, Kind.OBJECT_SET})
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {}, False)
_SHAPES: Final[Mapping[Kind, type]] = {
    Kind.LIST: list,
    Kind.SET: list,
    Kind.MAP: dict,
    Kind.OBJECT: dict,
    Kind.OBJECTS: list,
    Kind.OBJECT_SET: list,
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
        fields: properties of a nested object. One without any says something by being there.
        follows: inputs whose change makes the server decide a computed property anew.
        needs: other inputs that have to be given with this one.
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
    follows: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def marker(self) -> bool:
        """Whether the presence of the value is all that it says."""
        return self.kind is Kind.OBJECT and not self.fields

    def equal(self, old: Any, new: Any) -> bool:
        """Compare a stored value with a wanted one; absent and zero are the same, sets have no order."""
        if has_unknown(new):
            return False
        if self.marker:
            return (old is None) == (new is None)
        old, new = (self.kind.zero if value is None else value for value in (old, new))
        if self.same:
            return bool(self.same(old, new))
        return self._same(old, new)

    def _same(self, old: Any, new: Any) -> bool:
        if self.kind is Kind.SET:
            return sorted(old) == sorted(new)
        if self.kind is Kind.OBJECT:
            return self._equal_fields(old, new)
        if self.kind is Kind.OBJECTS:
            return len(old) == len(new) and all(map(self._equal_fields, old, new))
        if self.kind is Kind.OBJECT_SET:
            return self._same_objects(old, new)
        return bool(old == new)

    def _same_objects(self, old: list[Values], new: list[Values]) -> bool:
        """Find for each wanted object a stored one of its own that means the same."""
        rest = list(old)
        for item in new:
            match = next((index for index, other in enumerate(rest) if self._equal_fields(other, item)), None)
            if match is None:
                return False
            rest.pop(match)
        return not rest

    def _equal_fields(self, old: Values, new: Values) -> bool:
        return all(
            prop.equal(old.get(name), new.get(name, prop.default))
            for name, prop in self.fields.items()
            if name in new or not prop.computed
        )

    def described(self, actual: Any) -> Any:
        """Write a value of the server as a program would: without what is empty or not for a program to set."""
        if self.kind is Kind.OBJECT and isinstance(actual, dict):
            return {
                name: prop.described(actual[name])
                for name, prop in self.fields.items()
                if prop.given and (actual.get(name) is not None if prop.marker else actual.get(name) not in _EMPTY)
            }
        if self.kind in _LISTS_OF_OBJECTS and isinstance(actual, list):
            one = replace(self, kind=Kind.OBJECT)
            return [one.described(item) for item in actual]
        return actual

    def refreshed(self, known: Any, actual: Any) -> Any:
        """Take over the server's value in the shape that the program wrote: nested objects keep to the keys given."""
        if self.kind is Kind.OBJECT and isinstance(known, dict) and isinstance(actual, dict):
            kept = {
                name: self.fields[name].refreshed(value, actual[name])
                for name, value in known.items()
                if name in self.fields and actual.get(name) is not None
            }
            return kept or self.described(actual)
        if self.kind is Kind.OBJECTS and isinstance(actual, list) and len(known) == len(actual):
            one = replace(self, kind=Kind.OBJECT)
            return [one.refreshed(*pair) for pair in zip(known, actual, strict=True)]
        return self.described(actual)


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
    elif prop.kind in _LISTS_OF_OBJECTS:
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield from check_fields(prop.fields, item, f"{path}[{index}].")
            elif item is not UNKNOWN:
                reason = f'Inappropriate value for attribute "{snake_case(key)}": element {index}: object required.'
                yield Failure(path, f"{reason} Examine values at '{path}[{index}]'.")
                return
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
