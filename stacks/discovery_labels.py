"""What is wrong with a label that others are to find an object by."""

from __future__ import annotations

from components.labels import Labels
from stacks import checks

_OF_EVERY_OBJECT = frozenset(Labels(instance="", component="", version="any").all)


def discovery_label(value: str) -> str | None:
    """Key of a label, none of those that every object has."""
    if value in _OF_EVERY_OBJECT:
        return "is a label that every object has already, with a value of its own"
    return checks.label_name(value) if value else "is empty"
