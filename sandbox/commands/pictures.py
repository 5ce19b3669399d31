"""`make pictures`: the picture in the README, of the running sandbox with an experiment to look at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import demonstration, ownership, paths, stack
from sandbox.browser import browser
from sandbox.progress import Progress
from sandbox.toolchain import host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import Run

    from sandbox.browser import Browser

PICTURE = paths.CLONE / "docs" / "pictures" / "runs.png"
_CHART = ".js-plotly-plot"
_TIDY = f"""
document.querySelector('[data-component-id="mlflow.assistant.chat_panel.close"]')?.click();
const style = document.createElement('style');
style.textContent = '{_CHART} .modebar {{display: none}}';
document.head.append(style);
"""
"""Closes the assistant, which has no model to ask, and hides the tools that a chart shows to who points at it."""
_CURVES = f"return document.querySelectorAll('{_CHART} path.js-line').length >= "


def run() -> None:
    """Takes it, and says where it is. The experiment stays.

    Raises:
        SandboxError: no sandbox of this clone runs.
    """
    ownership.demand_running()
    host.install_packages(Progress(), host.BROWSER)
    tracking_uri = f"http://{stack.HOST}"
    runs = demonstration.log(tracking_uri)
    with tempfile.TemporaryDirectory() as home, browser(Path(home)) as visitor:
        take(visitor, tracking_uri, runs)
    sys.stdout.write(f"{PICTURE}\n")


def take(visitor: Browser, tracking_uri: str, runs: Sequence[Run]) -> None:
    """Opens the page of the experiment with its charts, waits until all are drawn, and keeps a picture."""
    visitor.open(tracking_uri)
    visitor.read("Model training").click()
    visitor.open(f"{tracking_uri}/#/experiments/{runs[0].info.experiment_id}/runs?compareRunsMode=CHART")
    visitor.see(_CHART)
    visitor.script(_TIDY)
    visitor.until(lambda: visitor.script(f"{_CURVES}{len(runs)}") is True, "the charts are not drawn")
    visitor.picture(PICTURE)
