"""The keys of the configuration as Pulumi.yaml declares them, in the groups that its comments make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_TITLE = re.compile(r"^  # (.*)$")
_KEY = re.compile(r"^  (\w+):$")
_SECRET = "Secret: "  # noqa: S105 - begins the description of one


@dataclass(frozen=True)
class Key:
    """One key."""

    name: str
    type: str
    default: Any
    description: str
    secret: bool


@dataclass(frozen=True)
class Group:
    """Keys with one purpose."""

    title: str
    note: str
    """What its comment says after a colon; empty for nothing."""
    keys: tuple[Key, ...]


def groups(text: str) -> list[Group]:
    """The groups of a Pulumi.yaml, in their order.

    Raises:
        ValueError: a key stands before the first comment, so that it is in no group.
    """
    declared = {name: _key(name, entry) for name, entry in yaml.safe_load(text)["config"].items()}
    found: list[tuple[str, list[Key]]] = []
    for line in text.partition("\nconfig:\n")[2].splitlines():
        if title := _TITLE.match(line):
            found.append((title[1], []))
        elif name := _KEY.match(line):
            if not found:
                raise ValueError(f"{name[1]} is below no comment that names a group")
            found[-1][1].append(declared[name[1]])
    return [Group(*_halves(title), tuple(keys)) for title, keys in found]


def _halves(title: str) -> tuple[str, str]:
    head, _, note = title.partition(": ")
    return head, note


def _key(name: str, entry: dict[str, Any]) -> Key:
    description = str(entry["description"])
    return Key(
        name=name,
        type=entry["type"],
        default=entry["default"],
        description=description.removeprefix(_SECRET),
        secret=description.startswith(_SECRET),
    )
