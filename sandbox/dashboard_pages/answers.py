"""What the queries of a dashboard bring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.dashboard_pages.prometheus import Span
from sandbox.dashboard_pages.variables import built_in, choose, fill, step_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.dashboard_pages.board import Board, Panel, Query
    from sandbox.dashboard_pages.prometheus import Line, Prometheus

_LABEL = re.compile(r"\{\{ *(\w+) *\}\}")


@dataclass(frozen=True)
class Answer:
    """A query and its result."""

    query: Query
    asked: str
    """As Prometheus got it."""
    lines: Sequence[Line]

    @property
    def has_data(self) -> bool:
        """Whether there is a number in it."""
        return any(line.has_data for line in self.lines)

    def name(self, line: Line) -> str:
        """What the legend calls a line."""
        return _LABEL.sub(lambda match: line.labels.get(match[1], ""), self.query.legend)


@dataclass(frozen=True)
class Answered:
    """A panel and what it has to show."""

    panel: Panel
    answers: Sequence[Answer]

    @property
    def empty(self) -> list[Answer]:
        """Queries without a number."""
        return [answer for answer in self.answers if not answer.has_data]

    @property
    def has_data(self) -> bool:
        """Whether every query brought a number."""
        return not self.empty


@dataclass(frozen=True)
class AnsweredBoard:
    """A dashboard at one moment."""

    board: Board
    begin: float
    end: float
    """Unix time."""
    panels: Sequence[Answered]

    @property
    def empty(self) -> list[str]:
        """Panels without data, and what they asked."""
        return [
            f'{self.board.title}, panel "{each.panel.title}": {answer.asked}'
            for each in self.panels
            for answer in each.empty
        ]


def ask(board: Board, prometheus: Prometheus, now: float) -> AnsweredBoard:
    """Asks every query of a dashboard as Grafana would, when somebody opens it.

    The time begins where the data does: a picture of a sandbox that was started just now would be white for the most
    part.

    Raises:
        SandboxError: Prometheus is not there, or a query is none.
    """
    begin = prometheus.oldest(now - board.seconds, now)
    chosen = choose(board, prometheus, begin, now)

    def answer(panel: Panel, query: Query) -> Answer:
        expr = fill(query.expr, chosen | built_in(panel, now - begin))
        points = Span(begin, now, step_of(panel, now - begin))
        return Answer(query, expr, prometheus.now(expr, now) if query.now else prometheus.over(expr, points))

    panels = [Answered(panel, [answer(panel, query) for query in panel.queries]) for panel in board.asking]
    return AnsweredBoard(board, begin, now, panels)
