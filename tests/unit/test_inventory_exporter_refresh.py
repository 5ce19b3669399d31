"""When the exporter's program looks, and what it tells in between."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from components.inventory_exporter.program.log import FIELDS
from components.inventory_exporter.program.source import Inventory, Source
from components.program_logging.lines import JsonLines

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """Something to look at, which may fail."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.number = 0

    def __call__(self) -> list[Metric]:
        if self.failure:
            raise self.failure
        self.number += 1
        return [GaugeMetricFamily("mlflow_things", "Things", self.number)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def source(clock: Clock, place: Place) -> Source:
    return Source("database", 60, place, clock)


def scrape(*sources: Source) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(Inventory(sources))
    return series(generate_latest(registry).decode())


def series(text: str) -> dict[str, float]:
    samples = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def test_before_the_first_look_a_source_counts_as_down(source: Source) -> None:
    assert scrape(source) == {
        'mlflow_exporter_source_up{source="database"}': 0,
        'mlflow_exporter_last_success_timestamp_seconds{source="database"}': 0,
    }


def test_a_scrape_gets_what_the_last_look_saw_and_asks_nobody(source: Source, place: Place) -> None:
    source.refresh()

    assert scrape(source)["mlflow_things"] == scrape(source)["mlflow_things"] == 1
    assert place.number == 1


def test_a_look_that_succeeds_says_so(source: Source) -> None:
    source.refresh()
    seen = scrape(source)

    assert seen['mlflow_exporter_source_up{source="database"}'] == 1
    assert seen['mlflow_exporter_refresh_duration_seconds{source="database"}'] == 0
    assert seen['mlflow_exporter_last_success_timestamp_seconds{source="database"}'] > 0


def test_values_outlive_failures_for_three_intervals_and_no_longer(source: Source, place: Place, clock: Clock) -> None:
    source.refresh()
    place.failure = ConnectionError("no")
    clock.now += 180
    source.refresh()
    before = scrape(source)
    clock.now += 1

    assert before["mlflow_things"] == 1
    assert before['mlflow_exporter_source_up{source="database"}'] == 0
    assert "mlflow_things" not in scrape(source)
    assert scrape(source)['mlflow_exporter_last_success_timestamp_seconds{source="database"}'] > 0


def test_values_come_back(source: Source, place: Place, clock: Clock) -> None:
    place.failure = ConnectionError("no")
    source.refresh()
    clock.now += 1000
    place.failure = None
    source.refresh()

    assert scrape(source)["mlflow_things"] == 1
    assert scrape(source)['mlflow_exporter_source_up{source="database"}'] == 1


def test_a_look_that_hangs_makes_its_source_go_down(source: Source, clock: Clock) -> None:
    source.refresh()
    clock.now += 181

    assert scrape(source)['mlflow_exporter_source_up{source="database"}'] == 0
    assert "mlflow_things" not in scrape(source)


def test_one_source_does_not_take_the_other_along(source: Source, clock: Clock) -> None:
    def fails() -> list[Metric]:
        raise ConnectionError("no")

    other = Source("bucket", 600, fails, clock)
    source.refresh()
    other.refresh()
    seen = scrape(source, other)

    assert [seen[f'mlflow_exporter_source_up{{source="{name}"}}'] for name in ("database", "bucket")] == [1, 0]
    assert seen["mlflow_things"] == 1


def test_a_source_is_looked_at_until_the_program_is_told_to_stop(source: Source, place: Place) -> None:
    stop = MagicMock(spec=threading.Event())
    stop.wait.side_effect = [False, False, True]
    source.run(stop)

    assert place.number == 3
    assert [call.args for call in stop.wait.call_args_list] == [(60,)] * 3


def test_each_look_is_logged_with_its_source_and_its_duration(
    source: Source, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.failure = ConnectionError("the server\nclosed the connection")
    with caplog.at_level(logging.INFO):
        source.refresh()
    line = json.loads(JsonLines(FIELDS).format(caplog.records[-1]))

    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "error",
        "logger": "components.inventory_exporter.program.source",
        "message": "could not refresh",
        "source": "database",
        "duration": 0.0,
        "error": "ConnectionError: the server closed the connection",
    }
