"""Conversion between protobuf structs, as the engine sends property values, and plain Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Markers of the engine's wire format: sdk/go/common/resource, UnknownStringValue, SigKey and SecretSig.
_UNKNOWN_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - names a secret, is none

Values = dict[str, Any]


class Unknown:
    """A value that a preview cannot know yet. There is one instance: ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def has_unknown(value: object) -> bool:
    """Tell whether a value is unknown or contains something unknown."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def from_struct(struct: struct_pb2.Struct) -> Values:
    """Turn a property map of the engine into plain values; secrets lose their mark, nulls stay as None."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        plain = from_struct(value.struct_value)
        return plain.get("value") if plain.get(_SIGNATURE_KEY) == _SECRET_SIGNATURE else plain
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_WIRE else value.string_value
    return value.bool_value if kind == "bool_value" else None


def to_struct(values: Mapping[str, Any], secret: Collection[str] = ()) -> struct_pb2.Struct:
    """Turn plain values into a property map for the engine.

    Args:
        values: the properties; ``UNKNOWN`` may be among them in a preview.
        secret: names of properties that the engine has to encrypt in the state.
    """
    struct = struct_pb2.Struct()
    for key, value in values.items():
        wire = _to_value(value)
        if key in secret:
            fields = {_SIGNATURE_KEY: struct_pb2.Value(string_value=_SECRET_SIGNATURE), "value": wire}
            wire = struct_pb2.Value(struct_value=struct_pb2.Struct(fields=fields))
        struct.fields[key].CopyFrom(wire)
    return struct


def _to_value(value: Any) -> struct_pb2.Value:
    wire = struct_pb2.Value()
    if value is None:
        wire.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        wire.string_value = _UNKNOWN_WIRE
    elif isinstance(value, bool):
        wire.bool_value = value
    elif isinstance(value, int | float):
        wire.number_value = value
    elif isinstance(value, dict):
        wire.struct_value.CopyFrom(to_struct(value))
    elif isinstance(value, list | tuple):
        wire.list_value.CopyFrom(struct_pb2.ListValue(values=[_to_value(item) for item in value]))
    else:
        wire.string_value = str(value)
    return wire
