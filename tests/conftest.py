"""What every layer has in common: what is left out where time is short, and the lines of the judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from sandbox.judges import exceptions, tools
from sandbox.judges.verdict import sort_out
from sandbox.progress import Progress

if TYPE_CHECKING:
    from sandbox.judges.report import Report

LINES = pytest.StashKey[list[str]]()


class Accept(Protocol):
    """Demands of a judge's report that exceptions are for all its findings, and keeps the judge's line for the end."""

    def __call__(self, report: Report, *, whole: bool) -> None: ...


@pytest.fixture
def lines(pytestconfig: pytest.Config) -> list[str]:
    """What is printed once all tests have run."""
    return pytestconfig.stash.setdefault(LINES, [])


@pytest.fixture(scope="session")
def judges() -> None:
    """The programs of the judges, for who runs a test by hand: the commands have installed them before."""
    tools.ensure(Progress())


@pytest.fixture
def accept(judges: None, lines: list[str]) -> Accept:  # noqa: ARG001 - they have to be there
    def demand(report: Report, *, whole: bool) -> None:
        verdict = sort_out(report, exceptions.read())
        lines.append(str(verdict))
        assert verdict.complaints(whole=whole) == []

    return demand


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="every drill and kill point at full size, instead of a choice")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
