"""The lists, what they are made of, and what a difference to the program means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.unit import stack_files
from tests.unit.identity import Identities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.unit.engine import Recording

FOLDER = Path(__file__).parent
COMMAND = "python -m tests.unit.golden"
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev": ("dev", {}),
    "prod": ("prod", {}),
    "prod-with-every-option": (
        "prod",
        stack_files.TUNNEL | stack_files.DRILL | stack_files.MOMENTS | stack_files.DATAHUB,
    ),
}
"""Stack and configuration by the name of the list; the last one has what neither stack file turns on."""
ADVICE = f"""
The engine knows a resource by such a line alone. What is called otherwise is another resource to it: it makes that one
and deletes the old one, with the data in it. If it is the same, say so where it is made, and the engine renames it:

    opts=pulumi.ResourceOptions(..., aliases=[pulumi.Alias(name="OLD-NAME")])        # or parent=, or type_=

Then, or if the change is meant as it is, write the lists anew and have the difference reviewed: {COMMAND}"""


def file(name: str) -> Path:
    """Where a list is."""
    return FOLDER / f"{name}.txt"


def read(name: str) -> list[str]:
    """A list as it was agreed on."""
    return file(name).read_text().splitlines()


def lines(recording: Recording) -> list[str]:
    """The list of a program: a resource a line, sorted."""
    identities = Identities(recording)
    return sorted(str(identities.of(resource)) for resource in recording)


def differences(agreed: Sequence[str], recording: Recording) -> list[str]:
    """What an update would make of every resource whose line is not on both sides."""
    identities = Identities(recording)
    heirs = {str(old): identities.of(each) for each in recording for old in identities.former(each)}
    now = lines(recording)
    gone = [line for line in agreed if line not in now]
    inherited = {str(heirs[line]) for line in gone if line in heirs}
    return [
        *(f"renamed by its alias: {line} -> {heirs[line]}" for line in gone if line in heirs),
        *(f"deleted, with the data in it: {line}" for line in gone if line not in heirs),
        *(f"new: {line}" for line in now if line not in agreed and line not in inherited),
    ]
