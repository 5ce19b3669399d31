"""From the cluster's dashboards to a folder of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.dashboard_pages.answers import ask
from sandbox.dashboard_pages.index import page
from sandbox.dashboard_pages.picture import draw

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.dashboard_pages.answers import AnsweredBoard
    from sandbox.dashboard_pages.board import Board
    from sandbox.dashboard_pages.prometheus import Prometheus


def render(boards: Mapping[str, Board], prometheus: Prometheus, now: float, folder: Path) -> dict[str, AnsweredBoard]:
    """Draws every dashboard into a folder, with a page that shows them all.

    Raises:
        SandboxError: Prometheus is not there, or a query is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    answered = {name: ask(board, prometheus, now) for name, board in boards.items()}
    for name, each in answered.items():
        (folder / f"{name}.png").write_bytes(draw(each))
    (folder / "index.html").write_text(page(answered))
    return answered
