"""The README's picture is taken of charts that are drawn, and of nobody else's sandbox."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import demonstration, ownership
from sandbox.commands import pictures
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUNS: Any = [SimpleNamespace(info=SimpleNamespace(experiment_id="7", run_name=name)) for name in ("a", "b")]


class Visitor:
    """Writes down what it is asked for; its page has one curve more at each look."""

    def __init__(self) -> None:
        self.curves = 0
        self.done: list[str] = []

    def open(self, address: str) -> None:
        self.done.append(address)

    def read(self, text: str) -> Any:
        return SimpleNamespace(click=lambda: self.done.append(text))

    def see(self, selector: str) -> None:
        self.done.append(selector)

    def script(self, text: str) -> object:
        if not text.startswith("return"):
            return None
        self.curves += 1
        return self.curves >= int(text.rpartition(">= ")[2])

    def until(self, condition: Callable[[], bool], _: str) -> None:
        while not condition():
            pass

    def picture(self, file: Path) -> None:
        self.done.append(f"{file.name} of {self.curves} curves")


def test_it_shows_the_charts_of_the_experiment_once_each_run_has_its_curve() -> None:
    visitor: Any = Visitor()

    pictures.take(visitor, "http://mlflow.local", RUNS)

    assert visitor.done == [
        "http://mlflow.local",
        "Model training",
        "http://mlflow.local/#/experiments/7/runs?compareRunsMode=CHART",
        ".js-plotly-plot",
        "runs.png of 2 curves",
    ]


def test_without_a_sandbox_nothing_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise SandboxError("this clone has no running sandbox", "start it with `make up`")

    monkeypatch.setattr(ownership, "demand_running", refuse)
    monkeypatch.setattr(demonstration, "log", lambda _: pytest.fail("it was logged to"))

    with pytest.raises(SandboxError, match="no running sandbox"):
        pictures.run()
