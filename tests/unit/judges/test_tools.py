"""A judge that did not judge is an error, never a judge that found nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.judges import tools

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of a judge, to be written."""
    place = tmp_path / "some-judge"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return place


def write(place: Path, body: str) -> None:
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)


@pytest.mark.parametrize("code", [0, 1])
def test_what_it_prints_is_told_whether_it_found_something_or_not(script: Path, code: int) -> None:
    write(script, f'echo "$1"; echo noise >&2; exit {code}')
    assert tools.told_by("some-judge", "word") == "word\n"
    assert tools.told_by("some-judge", "word", errors=True) == "word\nnoise\n"


def test_any_other_end_is_no_judgement(script: Path) -> None:
    write(script, "echo cannot parse >&2; exit 3")
    with pytest.raises(SandboxError, match="some-judge ended with 3 instead of a judgement") as told:
        tools.told_by("some-judge")
    assert "cannot parse" in told.value.detail


def test_one_that_never_ends_is_no_judgement(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "SECONDS", 0.2)
    write(script, "exec sleep 30")
    with pytest.raises(SandboxError, match="some-judge took longer than"):
        tools.told_by("some-judge")


def test_one_that_is_not_there_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(SandboxError, match="the judge some-judge is not there") as told:
        tools.program("some-judge")
    assert "make judge" in told.value.cure
