"""`make unit` runs what needs no sandbox, and fails where any of it does."""

from __future__ import annotations

import pytest

from sandbox import layers
from sandbox.commands import lint, unit
from sandbox.errors import SandboxError
from sandbox.layers import Count
from sandbox.toolchain import host


class Work:
    """What the command runs, with what comes of it."""

    def __init__(self) -> None:
        self.count = Count(3, 0, 0)
        self.finding = ""
        self.ran: list[str] = []

    def lint(self) -> list[str]:
        self.ran.append("lint")
        return [self.finding] if self.finding else []

    def run(self, first: layers.Layer, second: layers.Layer) -> dict[str, Count]:
        self.ran += [first.folder, second.folder]
        return {first.name: self.count, second.name: Count(1, 0, 0)}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    monkeypatch.setattr(host, "install_packages", lambda *_: None)
    monkeypatch.setattr(host, "extend_path", lambda: None)
    monkeypatch.setattr(lint, "findings", made.lint)
    monkeypatch.setattr(layers, "run_side_by_side", made.run)
    return made


def test_lint_and_the_unit_tests_run(work: Work) -> None:
    unit.run()
    assert work.ran == ["lint", "tests/unit", "tests/on_mlflow"]


def test_a_finding_fails_it_once_the_tests_have_run(work: Work) -> None:
    work.finding = "ruff check found something"
    with pytest.raises(SandboxError, match="ruff check found something"):
        unit.run()
    assert work.ran == ["lint", "tests/unit", "tests/on_mlflow"]


@pytest.mark.parametrize(
    ("count", "problem"),
    [
        (Count(3, 1, 0), "1 unit tests failed"),
        (Count(3, 0, 1), "1 unit tests were skipped"),
        (Count(0, 0, 0), "no unit test ran"),
    ],
)
def test_a_test_that_fails_or_is_skipped_fails_it(work: Work, count: Count, problem: str) -> None:
    work.count = count
    with pytest.raises(SandboxError, match=problem):
        unit.run()
