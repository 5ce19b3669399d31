"""What a person who types a guide's commands asks of `pulumi` and other programs, which doubles write down."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TYPED = "typed-by-a-person"
"""What is answered to a program that asks for a secret."""
_SECONDS = 60
_DOUBLE = """#!{python}
import json, os, sys
words = sys.argv[1:]
given = b""
if words[:3] == ["config", "set", "--secret"] and len(words) == 4:
    # Byte by byte: what follows on a terminal is for the next one.
    while (byte := os.read(0, 1)) not in (b"", b"\\n"):
        given += byte
with open({record!r}, "a") as record:
    record.write(json.dumps([os.path.basename(sys.argv[0]), *words, *([given.decode()] if given else [])]) + "\\n")
"""
_STEP = re.compile(r"(\w+)|\[(\d+)\]|\.(\w+)")


@dataclass
class Typed:
    """What was asked for."""

    calls: list[list[str]]
    config: dict[str, Any] = field(default_factory=dict)
    """What `pulumi config set` leaves in a stack's file."""
    secrets: set[str] = field(default_factory=set)
    """Keys that are stored encrypted."""

    @property
    def changed(self) -> set[str]:
        """Keys that were set."""
        names = [words[-2] for name, *words in self.calls if name == "pulumi" and words[:2] == ["config", "set"]]
        return {name.partition("[")[0].partition(".")[0] for name in names}

    def of(self, program: str) -> list[str]:
        """The command lines of a program, without its name."""
        return [" ".join(words) for name, *words in self.calls if name == program]


def typed(
    script: str, folder: Path, doubles: Sequence[str] = ("pulumi",), before: Mapping[str, Any] | None = None
) -> Typed:
    """Runs a script in a shell where doubles stand for programs.

    Args:
        script: What is typed.
        folder: Where, an empty one.
        doubles: Names of the programs.
        before: What the stack's file has already.
    """
    programs, record = folder / "programs", folder / "record"
    programs.mkdir()
    record.touch()
    for name in doubles:
        double = programs / name
        double.write_text(_DOUBLE.format(python=sys.executable, record=str(record)))
        double.chmod(0o700)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        input=f"{TYPED}\n" * len(script.splitlines()),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    calls = [json.loads(line) for line in record.read_text().splitlines()]
    found = Typed(calls, copy.deepcopy(dict(before or {})))
    for name, *words in found.calls:
        if name == "pulumi" and words[:2] == ["config", "set"]:
            _set(found, words[2:])
    return found


def _set(found: Typed, words: Sequence[str]) -> None:
    options = {word for word in words if word.startswith("--")}
    key, value = (word for word in words if word not in options)
    assert options <= {"--secret", "--path", "--plaintext"}, words
    if "--secret" in options:
        found.secrets.add(key)
    place: Any = found.config
    steps = [key] if "--path" not in options else [name or inner or int(at) for name, at, inner in _STEP.findall(key)]
    for step, following in pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        place = _entry(place, step, empty)
    _entry(place, steps[-1], value)


def _entry(place: Any, step: str | int, new: Any) -> Any:
    """What a list or an object has at a step; a list grows by one, as the engine's does."""
    if isinstance(step, int) and step == len(place):
        place.append(new)
    elif not isinstance(step, int):
        place.setdefault(step, new)
    return place[step]
