"""The dashboards as the environments have them, and their queries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.monitoring.dashboards import dashboards
from tests.unit.alerts.environments import DEV, PROD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.alerts.environments import Environment

ENVIRONMENTS = (DEV, PROD)


@dataclass(frozen=True)
class Asked:
    """A query, and the panel that asks it."""

    panel: dict[str, Any]
    target: dict[str, Any]

    @property
    def expr(self) -> str:
        """As Grafana hands it to Prometheus, with everything selected."""
        expr: str = self.target["expr"]
        for name, value in (
            ("$namespace", "data-platform"),
            ("$job", ".+"),
            ("$instance", ".+"),
            ("$__rate_interval", "2m"),
        ):
            expr = expr.replace(name, value)
        return expr

    @property
    def where(self) -> str:
        return f"{self.panel['title']} {self.target['refId']}"


def boards(environment: Environment = PROD) -> dict[str, dict[str, Any]]:
    """Dashboards by name, made anew, so that a test may spoil them."""
    return {name: json.loads(text) for name, text in dashboards(environment.settings, environment.watched).items()}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def asked(board: dict[str, Any]) -> Iterator[Asked]:
    for panel in panels(board):
        for target in panel["targets"]:
            yield Asked(panel, target)
