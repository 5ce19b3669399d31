"""What is asked for a picture, and of what comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dashboard_pages.answers import ask
from sandbox.dashboard_pages.board import read_board
from sandbox.dashboard_pages.prometheus import Prometheus, Span
from sandbox.dashboard_pages.variables import fill
from sandbox.errors import SandboxError
from tests.unit.dashboards.boards import boards, panels

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.dashboards.canned import Canned

NOW = 1_800_000_000.0
HOUR = 3600


def board(change: Callable[[dict[str, Any]], object] = lambda _: None) -> Any:
    made = boards()["service-health"]
    change(made)
    return read_board(json.dumps(made))


def test_variables_are_chosen_one_after_the_other_as_when_somebody_opens_the_page(
    canned: Canned, prometheus: Prometheus
) -> None:
    ask(board(), prometheus, NOW)

    asked = {path: asked["match[]"] for path, asked in canned.asked if path.startswith("/api/v1/label/")}
    assert asked == {
        "/api/v1/label/namespace/values": 'up{job="mlflow"}',
        "/api/v1/label/job/values": 'up{namespace="data-platform", job=~"mlflow(-.+)?"}',
        "/api/v1/label/instance/values": 'up{namespace="data-platform", job=~"mlflow(-.+)?", job=~".+"}',
    }


def test_no_variable_is_left_in_what_prometheus_gets(canned: Canned, prometheus: Prometheus) -> None:
    ask(board(), prometheus, NOW)

    assert len(canned.asked) > 20
    assert not [asked for _, asked in canned.asked if "$" in str(asked)]


def test_a_namespace_that_is_not_there_gives_way_to_one_that_is(canned: Canned, prometheus: Prometheus) -> None:
    canned.values["namespace"] = ["ml", "other"]
    answered = ask(board(), prometheus, NOW)

    assert 'namespace="ml"' in answered.panels[0].answers[0].asked


def test_all_of_a_variable_without_a_pattern_of_its_own_is_every_value(canned: Canned, prometheus: Prometheus) -> None:
    def change(made: dict[str, Any]) -> None:
        for variable in made["templating"]["list"]:
            variable.pop("allValue", None)

    canned.values["job"] = ["mlflow", "mlflow.x"]
    answered = ask(board(change), prometheus, NOW)

    assert any('job=~"(mlflow|mlflow\\.x)"' in answer.asked for each in answered.panels for answer in each.answers)


def test_a_variable_without_a_value_is_an_error_that_says_what_to_look_at(
    canned: Canned, prometheus: Prometheus
) -> None:
    canned.values["namespace"] = []

    with pytest.raises(SandboxError, match="variable namespace has no value: Prometheus knows nothing of") as told:
        ask(board(), prometheus, NOW)
    assert "/targets" in told.value.cure


def test_another_kind_of_variable_is_an_error(prometheus: Prometheus) -> None:
    with pytest.raises(SandboxError, match="variable namespace asks metrics"):
        ask(board(lambda made: made["templating"]["list"][1].update(query="metrics(up)")), prometheus, NOW)


def test_what_is_no_variable_stays_for_prometheus_to_complain_of() -> None:
    values = {"job": "mlflow"}

    assert fill("a{$job} ${job} [[job]] $other $1", values) == "a{mlflow} mlflow mlflow $other $1"


@pytest.mark.parametrize(
    ("age", "interval", "rate"),
    # Four scrapes at the least; later a step more than a scrape.
    [(600, 30, "120s"), (24 * HOUR, 216, "246s")],
)
def test_the_interval_of_a_rate_holds_four_scrapes_and_grows_with_the_picture(
    age: int, interval: int, rate: str, canned: Canned, prometheus: Prometheus
) -> None:
    canned.began = NOW - age

    def change(made: dict[str, Any]) -> None:
        made["time"]["from"] = "now-24h"
        panels(made)[-1]["targets"][0]["expr"] = "rate(x[$__rate_interval]) + $__range_s"

    answered = ask(board(change), prometheus, NOW)

    assert answered.panels[-1].answers[0].asked.startswith(f"rate(x[{rate}])")
    steps = {float(asked["step"]) for asked in canned.queries("/api/v1/query_range") if asked["query"] != "count(up)"}
    assert steps == {interval}


@pytest.mark.parametrize("age", [200, 2 * HOUR, 100 * HOUR])
def test_a_picture_begins_where_the_data_does(age: int, canned: Canned, prometheus: Prometheus) -> None:
    canned.began = NOW - age
    answered = ask(board(lambda made: made["time"].update({"from": "now-7d"})), prometheus, NOW)

    assert 0 <= answered.begin - canned.began <= 15
    assert answered.end == NOW


def test_where_data_is_older_the_picture_begins_as_the_page_says(prometheus: Prometheus) -> None:
    assert ask(board(), prometheus, NOW).begin == NOW - 3 * HOUR


def test_figures_ask_for_now_and_charts_for_the_whole_time(canned: Canned, prometheus: Prometheus) -> None:
    answered = ask(board(), prometheus, NOW)

    figures = [each for each in answered.panels if each.panel.kind == "stat"]
    assert len(canned.queries("/api/v1/query")) == len(figures)
    assert {asked["time"] for asked in canned.queries("/api/v1/query")} == {str(NOW)}


def test_a_legend_is_filled_with_the_labels(canned: Canned, prometheus: Prometheus) -> None:
    canned.result = lambda _: [({"step": "search", "pod": "a"}, 1)]
    answered = ask(board(), prometheus, NOW)
    (failures,) = [each for each in answered.panels if each.panel.title == "Failures"]
    (answer,) = failures.answers

    assert [answer.name(line) for line in answer.lines] == ["search"]


@pytest.mark.parametrize("result", [[], [({}, "NaN")]])
def test_a_query_without_a_number_is_told_with_its_panel(result: Any, canned: Canned, prometheus: Prometheus) -> None:
    canned.result = lambda query: result if "mlflow_exporter_source_up" in query else [({}, 1)]
    answered = ask(board(), prometheus, NOW)

    (told,) = answered.empty
    assert told.startswith('MLflow / Service health, panel "Stores readable": sum(max by (source) (mlflow_exporter_')


def test_a_scalar_is_a_number_too(canned: Canned, prometheus: Prometheus) -> None:
    canned.result = lambda _: 42

    assert [line.values for line in prometheus.now("time()", NOW)] == [(42.0,)]


def test_a_query_that_is_none_is_an_error_with_the_query_and_prometheuss_words(
    canned: Canned, prometheus: Prometheus
) -> None:
    canned.refuses = "ALERTS"

    with pytest.raises(SandboxError, match=r"refused a query \(400\): parse error: unexpected end of input") as told:
        ask(board(), prometheus, NOW)
    assert 'count(ALERTS{namespace="data-platform"' in told.value.detail
    assert "components/monitoring/dashboards" in told.value.cure


def test_where_there_is_no_prometheus_the_cure_is_named() -> None:
    nobody = Prometheus("http://127.0.0.1:9")

    for ask_it in (nobody.demand_ready, lambda: nobody.over("up", Span(0, 1, 1))):
        with pytest.raises(SandboxError, match=r"Prometheus does not answer at http://127\.0\.0\.1:9") as told:
            ask_it()
        assert told.value.cure == "make up MONITORING=1"
