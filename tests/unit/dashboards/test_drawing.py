"""What the pictures show."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from sandbox.dashboard_pages.answers import ask
from sandbox.dashboard_pages.board import Step, read_board, seconds
from sandbox.dashboard_pages.index import page
from sandbox.dashboard_pages.numbers import written
from sandbox.dashboard_pages.picture import draw
from sandbox.dashboard_pages.render import render
from sandbox.dashboard_pages.stat import color_of
from tests.unit.dashboards.boards import boards

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.dashboard_pages.answers import AnsweredBoard
    from sandbox.dashboard_pages.prometheus import Prometheus
    from tests.unit.dashboards.canned import Canned

NOW = 1_800_000_000.0
GREEN, RED, ALARM = (0x56, 0xA6, 0x4B), (0xE0, 0x2F, 0x44), (0xF2, 0x49, 0x5C)
"""Of a figure that is well, of one that is not, and of a panel without data."""


@pytest.fixture(autouse=True)
def _young(canned: Canned) -> None:
    canned.began = NOW - 600


def answered(prometheus: Prometheus, name: str = "service-health") -> AnsweredBoard:
    return ask(read_board(json.dumps(boards()[name])), prometheus, NOW)


def share(picture: bytes, color: tuple[int, int, int]) -> float:
    """How much of a picture has a colour."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    found = {rgb: number for number, rgb in image.getcolors(maxcolors=image.width * image.height) or []}
    return found.get(color, 0) / (image.width * image.height)


@pytest.mark.parametrize("name", sorted(boards()))
def test_every_dashboard_can_be_drawn_with_many_series_and_without_any(
    name: str, canned: Canned, prometheus: Prometheus
) -> None:
    without = draw(answered(prometheus, name))
    canned.result = lambda _: [({"pod": f"_mlflow-{number}", "step": "$1 and $2"}, number) for number in range(20)]
    with_many = draw(answered(prometheus, name))

    assert share(without, ALARM) > 0.2
    assert share(with_many, ALARM) == 0


def test_a_figure_has_the_colour_of_its_threshold(canned: Canned, prometheus: Prometheus) -> None:
    canned.result = lambda query: [({}, 0 if "critical" in query else 1)]
    well = draw(answered(prometheus))
    canned.result = lambda _: [({}, 1)]
    ill = draw(answered(prometheus))

    assert share(well, RED) < share(ill, RED)
    assert share(well, GREEN) > share(ill, GREEN)


def test_a_panel_whose_emptiness_is_no_fault_says_so_instead_of_alarming(prometheus: Prometheus) -> None:
    made = boards()["errors-and-latency"]
    for panel in made["panels"]:
        panel.get("fieldConfig", {}).get("defaults", {})["noValue"] = "no requests"
    picture = draw(ask(read_board(json.dumps(made)), prometheus, NOW))

    assert share(picture, ALARM) == 0


@pytest.mark.parametrize(
    ("value", "color"), [(-1, "red"), (0, "orange"), (0.2, "orange"), (0.25, "green"), (9, "green")]
)
def test_a_colour_counts_from_its_value_on(value: float, color: str) -> None:
    assert color_of(value, [Step(None, "red"), Step(0, "orange"), Step(0.25, "green")]) == color


def test_the_page_has_every_picture_and_over_each_panel_its_description_and_query(
    canned: Canned, prometheus: Prometheus
) -> None:
    canned.result = lambda query: [] if "mlflow_canary_last_round" in query else [({}, 1)]
    text = page({name: answered(prometheus, name) for name in boards()})

    assert set(re.findall(r'<img src="([^"]+)"', text)) == {f"{name}.png" for name in boards()}
    assert text.count('<a style="left:') == sum(
        panel["type"] != "row" for board in boards().values() for panel in board["panels"]
    )
    assert "Pods of the MLflow server that answer and reach the database." in text
    assert "sum(kube_deployment_status_replicas_available{namespace=&quot;data-platform&quot;" in text
    assert text.count('class="empty"') == 1
    assert "No data: MLflow / Service health, panel &quot;Canary&#x27;s last round&quot;" in text


def test_pictures_and_page_go_to_a_folder_that_need_not_be_there(
    tmp_path: Path, canned: Canned, prometheus: Prometheus
) -> None:
    canned.result = lambda _: [({}, 1)]
    folder = tmp_path / "new" / "dashboards"
    read = {"models": read_board(json.dumps(boards()["model-registry"]))}
    result = render(read, prometheus, NOW, folder)

    assert {path.name for path in folder.iterdir()} == {"models.png", "index.html"}
    assert set(result) == {"models"}


NUMBERS: list[tuple[float, str, int | None, str]] = [
    (0, "short", None, "0"),
    (0.25, "short", None, "0.25"),
    (1234, "short", None, "1.23 K"),
    (0.9951, "percentunit", 2, "99.51%"),
    (0.002, "percentunit", None, "0.2%"),
    (-25.3, "percentunit", 0, "-2530%"),
    (0, "bytes", None, "0 B"),
    (613 * 2**20, "bytes", None, "613 MiB"),
    (1536, "binBps", None, "1.5 KiB/s"),
    (0, "s", None, "0 s"),
    (0.0248, "s", None, "24.8 ms"),
    (90, "s", None, "1.5 mins"),
    (365 * 86_400, "s", None, "365 days"),
    (0.4912, "reqps", None, "0.49 req/s"),
    (14.4, "none", None, "14.4"),
    (5, "furlongs", None, "5"),
    (float("nan"), "s", None, "nan"),
]


@pytest.mark.parametrize(("value", "unit", "decimals", "text"), NUMBERS)
def test_a_number_is_written_in_its_unit(value: float, unit: str, decimals: int | None, text: str) -> None:
    assert written(value, unit, decimals) == text


@pytest.mark.parametrize(("text", "length"), [("30s", 30), ("3h", 10_800), ("7d", 604_800)])
def test_durations_are_understood(text: str, length: int) -> None:
    assert seconds(text) == length


def test_what_is_no_duration_is_named() -> None:
    given: Any = "now/d"
    with pytest.raises(ValueError, match="'now/d' is no duration"):
        seconds(given)
