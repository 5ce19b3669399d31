"""A `pulumi` that answers as it is told."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from policies import registry

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = """#!/bin/sh
printf '%s\\n' "$*" > "$RECORD/words"
env > "$RECORD/environment"
cat "$KUBECONFIG" > "$RECORD/kubeconfig" 2> /dev/null
stat -c %a "$KUBECONFIG" > "$RECORD/mode" 2> /dev/null
cat "$RECORD/stdout" 2> /dev/null
cat "$RECORD/stderr" >&2 2> /dev/null
exit "$(cat "$RECORD/code-$1" 2> /dev/null || cat "$RECORD/code")"
"""


class Engine:
    """A `pulumi` on the PATH, what it is to say, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.says("")

    def says(self, stdout: str, *, stderr: str = "", code: int = 0) -> None:
        for name, text in (("stdout", stdout), ("stderr", stderr), ("code", str(code))):
            (self.folder / name).write_text(text)

    def ends(self, command: str, code: int) -> None:
        """Has one of its commands end otherwise than the rest."""
        (self.folder / f"code-{command}").write_text(str(code))

    def told(self, what: str) -> str:
        file = self.folder / what
        return file.read_text().strip() if file.exists() else ""

    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.told("environment").splitlines() if "=" in line)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(ENGINE)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    record = tmp_path / "record"
    record.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    # The samples are put together for what they show of the engine, and keep few rules: see test_verdict.py.
    monkeypatch.setattr(registry, "RULES", ())
    return Engine(record)
