"""The locked Python environment: whole or not used at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import paths, processes
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.toolchain import python_env

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Runner:
    """Stands in for the programs: makes what `python -m venv` makes, and fails where it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.failing = ""

    def __call__(self, argv: Sequence[str | Path], log: Path, *, what: str, cure: str = "", **_: Any) -> None:
        words = [str(word) for word in argv]
        self.calls.append(words)
        if self.failing and self.failing in words:
            raise SandboxError(f"{what} failed with exit code 1 ({log})", cure, "connection refused")
        if "venv" in words:
            (python_env.folder() / "bin").mkdir(parents=True)
            (python_env.folder() / "bin" / "python").touch()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    runner = Runner()
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(python_env, "LOCK_FILE", tmp_path / "requirements.txt")
    monkeypatch.setattr(processes, "run_logged", runner)
    (tmp_path / "requirements.txt").write_text("six==1.17.0 --hash=sha256:0\n")
    return runner


def test_it_is_built_once_from_the_lock_with_hashes_demanded(programs: Runner) -> None:
    interpreter = python_env.ensure(Progress())
    assert interpreter == python_env.folder() / "bin" / "python"
    assert {"--require-hashes", "--no-deps", f"--requirement={python_env.LOCK_FILE}"} <= set(programs.calls[1])
    built = len(programs.calls)
    assert python_env.ensure(Progress()) == interpreter
    assert len(programs.calls) == built


def test_a_half_built_environment_is_never_used(programs: Runner) -> None:
    programs.failing = "pip"
    with pytest.raises(SandboxError):
        python_env.ensure(Progress())
    assert (python_env.folder() / "bin" / "python").exists()
    assert not python_env.is_there()
    leftover = python_env.folder() / "half-installed"
    leftover.touch()
    programs.failing = ""
    python_env.ensure(Progress())
    assert python_env.is_there()
    assert not leftover.exists()


def test_an_unreachable_registry_is_named_with_its_cure(programs: Runner) -> None:
    programs.failing = "pip"
    with pytest.raises(SandboxError, match="installing the locked Python packages failed") as failed:
        python_env.ensure(Progress())
    assert "check that the Python package registry is reachable" in failed.value.cure
    assert "connection refused" in failed.value.detail


@pytest.mark.usefixtures("programs")
def test_another_lock_file_or_interpreter_is_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {python_env.folder()}
    python_env.LOCK_FILE.write_text("six==1.16.0 --hash=sha256:0\n")
    places.add(python_env.folder())
    monkeypatch.setattr(sys, "base_prefix", "/opt/another-python")
    places.add(python_env.folder())
    assert len(places) == 3


@pytest.mark.usefixtures("programs")
def test_a_process_knows_whether_it_runs_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not python_env.is_active()
    monkeypatch.setattr(sys, "prefix", str(python_env.folder()))
    assert python_env.is_active()
