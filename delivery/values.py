"""Values of properties as a reviewer may see them: found by their path, shortened, and never a secret."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from policies.pulumi_json import is_secret
from policies.resource import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "[unknown]"
LENGTH = 100
"""Characters of a value that are shown."""

COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that only the update will know (pkg/resource/stack: `computedValuePlaceholder`)."""

STEP = re.compile(r'(?:^|\.)([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')


def steps(path: str) -> list[str | int]:
    """The keys and indices of a property path as the engine writes it, such as `spec.ports[0].port` or `a["b.c"]`."""
    found: list[str | int] = []
    for match in STEP.finditer(path):
        name, index, quoted = match.groups()
        if index is not None:
            found.append(int(index))
        else:
            found.append(name if name is not None else re.sub(r"\\(.)", r"\1", quoted))
    return found


def at(properties: Mapping[str, Any], path: str) -> object:
    """The value at a path; None where there is none, `[secret]` where it lies inside of a secret.

    Args:
        properties: inputs or outputs of a resource, as the engine writes them.
        path: see `steps`.
    """
    value: Any = properties
    for step in steps(path):
        if is_secret(value):
            return SECRET
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def holds_secret(value: object) -> bool:
    """Whether it is a secret, or has one inside."""
    if is_secret(value):
        return True
    if isinstance(value, dict):
        return any(holds_secret(part) for part in value.values())
    return isinstance(value, list) and any(holds_secret(part) for part in value)


def shown(value: object) -> str:
    """A value on one line of at most `LENGTH` characters; one with a secret inside is not shown at all."""
    if holds_secret(value):
        return SECRET
    if value == COMPUTED:
        return UNKNOWN
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).replace(COMPUTED, UNKNOWN)
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}… ({len(text)} characters)"
