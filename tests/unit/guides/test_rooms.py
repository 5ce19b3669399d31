"""CONTRIBUTING.md names every room, and each imports from no other than it says."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from tests import guides

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUIDE = paths.CLONE / "CONTRIBUTING.md"
ROWS = re.findall(r"^\| (`.+?) \| .+? \| (.*?) ?\|$", guides.section(GUIDE, "The rooms"), re.MULTILINE)
ROOMS = {place.strip("/"): imports for places, imports in ROWS for place in re.findall(r"`(.+?)`", places)}
"""What a room says of its imports, by its place."""
FREE = ("everything", "all of the above")
CONFINED = {room: imports for room, imports in ROOMS.items() if not imports.startswith(FREE)}
OURS = {room.partition("/")[0] for room in ROOMS if (paths.CLONE / room).is_dir()}


def files(room: str) -> list[Path]:
    place = paths.CLONE / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def imported(file: Path) -> Iterator[str]:
    """The places of the modules that a file imports and that are ours."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.replace(".", "/") for name in names if name.partition(".")[0] in OURS)


def is_open(place: str, room: str, allowed: set[str]) -> bool:
    """Tell whether a room may import a module: one of its own, of a room that it names, or of none in its own house."""
    known = [each for each in ROOMS if f"{place}/".startswith(f"{each.removesuffix('.py')}/")]
    house = place.partition("/")[0]
    if house in allowed or not known:
        return house in allowed or house == room.partition("/")[0]
    return max(known, key=len) in allowed


def test_every_folder_of_code_is_a_room() -> None:
    folders = {str(file.parent.relative_to(paths.CLONE)) for top in OURS for file in (paths.CLONE / top).rglob("*.py")}
    rooms = {"/".join(folder.split("/")[: 2 if folder.startswith(("sandbox", "tests")) else 1]) for folder in folders}

    assert rooms - {"sandbox", "tests"} <= set(ROOMS)
    assert [room for room in ROOMS if not (paths.CLONE / room).exists()] == []


def test_every_folder_of_tests_is_a_package_lest_a_file_of_it_hides_one_of_the_program() -> None:
    """Pytest looks for modules in a folder that is none before it looks in the clone: `stacks` would be `stacks.py`."""
    folders = {file.parent for file in (paths.CLONE / "tests").rglob("test_*.py")}

    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("room", CONFINED)
def test_a_room_imports_from_no_other_than_it_says(room: str) -> None:
    named = set(re.findall(r"`(.+?)`", CONFINED[room]))
    allowed = {room, *named, *(f"sandbox/{name}" for name in named)}

    found = {
        (file.name, place) for file in files(room) for place in imported(file) if not is_open(place, room, allowed)
    }
    assert found == set()


def test_a_module_of_another_room_is_not_open_and_what_lies_between_the_rooms_is_to_its_own_house() -> None:
    assert not is_open("sandbox/parts/minio", "sandbox/images", {"sandbox/images", "sandbox/toolchain"})
    assert is_open("sandbox/paths", "sandbox/images", {"sandbox/images"})
    assert not is_open("sandbox/paths", "components", {"components"})
    assert is_open("sandbox/parts/minio", "tests/drift", {"sandbox"})
