"""The dashboards on the cluster, asked of a real Prometheus; the pictures go to test-output/dashboards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.commands.dashboards import FOLDER
from sandbox.dashboard_pages import cluster
from sandbox.dashboard_pages.answers import AnsweredBoard, ask
from sandbox.dashboard_pages.picture import draw
from sandbox.dashboard_pages.prometheus import Prometheus
from sandbox.errors import SandboxError
from sandbox.monitoring_stack import PROMETHEUS_URL
from tests.integration.cluster import wait_for
from tests.rehearsal import backups
from tests.rehearsal.prometheus import rules, series

if TYPE_CHECKING:
    from sandbox.dashboard_pages.board import Board

NAMES = (
    "mlflow-service-health",
    "mlflow-errors-and-latency",
    "mlflow-resource-use",
    "mlflow-experiment-tracking",
    "mlflow-model-registry",
    "mlflow-backups",
)
SECONDS = 300
"""A rule needs two looks at what is counted, and the canary comes by once a minute."""


@pytest.fixture(scope="module", autouse=True)
def told() -> None:
    backups.run_what_never_ran()


@pytest.fixture(scope="module")
def boards() -> dict[str, Board]:
    return cluster.boards()


class Watch:
    """Looks at a dashboard until nothing is missing, and remembers what it saw last."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.seen: AnsweredBoard | None = None
        self.missing: list[str] = ["nothing was seen"]

    def is_full(self) -> bool:
        try:
            self.seen = ask(self.board, Prometheus(PROMETHEUS_URL), time.time())
        except SandboxError as error:
            # Such as: Prometheus has scraped nothing yet.
            self.missing = [str(error)]
        else:
            self.missing = self.seen.empty
        return not self.missing


def test_grafana_finds_the_dashboards(boards: dict[str, Board]) -> None:
    assert set(boards) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_of_a_dashboard_has_data(name: str, boards: dict[str, Board]) -> None:
    watch = Watch(boards[name])
    try:
        wait_for(watch.is_full, f"data in every panel of {name}", SECONDS, found=lambda: "\n".join(watch.missing))
    finally:
        if watch.seen:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / f"{name}.png").write_bytes(draw(watch.seen))


def unrecorded() -> list[str]:
    names = {rule["name"] for rule in rules() if rule["type"] == "recording"}
    return [name for name in sorted(names) if not series(f'{{__name__="{name}"}}')] if names else ["every rule"]


def test_every_rule_that_records_has_recorded() -> None:
    wait_for(lambda: not unrecorded(), "every recorded series", SECONDS, found=unrecorded)
