"""What the pages say, and to whom they lead."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from components.monitoring.dashboards import dashboards
from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DEV, OTHER_THRESHOLDS, PROD, RUNBOOK
from tests.unit.dashboards.boards import ENVIRONMENTS, asked, boards, panels

if TYPE_CHECKING:
    from tests.unit.alerts.environments import Environment

BOARDS = sorted(boards())
FIGURE = "stat"


def without(job: str, environment: Environment = PROD) -> dict[str, str]:
    jobs = tuple(each for each in environment.watched.jobs if each != job)
    return dashboards(environment.settings, replace(environment.watched, jobs=jobs))


def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    at = panel["gridPos"]
    return set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))


def thresholds(board: str, title: str, kind: str, written: dict[str, str]) -> list[float]:
    (panel,) = [each for each in panels(json.loads(written[board])) if (each["title"], each["type"]) == (title, kind)]
    return [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]]


def test_there_are_six_pages_with_addresses_that_never_change() -> None:
    assert {name: board["uid"] for name, board in boards().items()} == {
        "service-health": "mlflow-service-health",
        "errors-and-latency": "mlflow-errors-and-latency",
        "resource-use": "mlflow-resource-use",
        "experiment-tracking": "mlflow-experiment-tracking",
        "model-registry": "mlflow-model-registry",
        "backups": "mlflow-backups",
    }
    # Grafana's limit.
    assert max(len(board["uid"]) for board in boards().values()) <= 40


@pytest.mark.parametrize("name", BOARDS)
def test_a_page_begins_with_figures_and_goes_on_with_charts(name: str) -> None:
    board = boards()[name]
    first, *rest = board["panels"]
    kinds = [panel["type"] for panel in panels(board)]

    assert (first["type"], first["title"]) == ("row", "Now")
    assert kinds == sorted(kinds), "figures, then charts"
    assert {"stat", "timeseries"} == set(kinds)
    assert [panel["type"] for panel in rest].count("row") >= 1


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)
def test_panels_do_not_overlap_and_have_numbers_of_their_own(environment: Environment, name: str) -> None:
    everything = boards(environment)[name]["panels"]

    assert sum(len(cells(panel)) for panel in everything) == len(set().union(*map(cells, everything)))
    assert max(x for panel in everything for x, _ in cells(panel)) < 24
    assert len({panel["id"] for panel in everything}) == len(everything)


@pytest.mark.parametrize("name", BOARDS)
def test_a_page_knows_its_time_how_often_it_is_fresh_and_its_family(name: str) -> None:
    board = boards()[name]

    assert re.fullmatch(r"now-\d+[hd]", board["time"]["from"])
    assert board["time"]["to"] == "now"
    assert board["refresh"] == "1m"
    assert board["tags"] == ["mlflow"]
    assert board["description"]


@pytest.mark.parametrize("name", BOARDS)
def test_every_query_has_a_legend_and_every_chart_the_step_of_the_scrapes(name: str) -> None:
    for query in asked(boards()[name]):
        assert query.target["legendFormat"]
        assert query.panel["interval"] == "30s"
        assert query.target["instant"] is (query.panel["type"] == FIGURE)
        assert query.target["range"] is (query.panel["type"] != FIGURE)


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_is_used_and_the_namespace_begins_with_the_platforms(name: str) -> None:
    board = boards()[name]
    text = json.dumps(board["panels"])
    chosen = {variable["name"]: variable["current"]["value"] for variable in board["templating"]["list"]}

    assert chosen == {
        "datasource": "default",
        "namespace": "data-platform",
        "job": ["$__all"],
        "instance": ["$__all"],
    }
    for variable in chosen:
        assert f"${variable}" in text or f"${{{variable}}}" in text


@pytest.mark.parametrize("name", BOARDS)
def test_a_page_leads_to_the_others_and_to_the_runbook(name: str) -> None:
    others, runbook = boards()[name]["links"]

    assert (others["type"], others["tags"], others["includeVars"], others["keepTime"]) == (
        "dashboards",
        ["mlflow"],
        True,
        True,
    )
    assert runbook["url"] == RUNBOOK


def test_a_panel_leads_to_the_sections_of_the_alerts_that_watch_the_same() -> None:
    links = {link["url"] for board in boards().values() for panel in panels(board) for link in panel["links"]}
    known = {f"{RUNBOOK}#{name.value.lower()}" for name in AlertName}

    assert links <= known
    jobs = (
        AlertName.MIGRATION_FAILED,
        AlertName.GARBAGE_COLLECTION_FAILED,
        AlertName.INGESTION_FAILED,
        AlertName.INGESTION_TOO_OLD,
    )
    assert known - links == {f"{RUNBOOK}#{name.value.lower()}" for name in jobs}


def test_without_a_runbook_nothing_leads_to_it() -> None:
    written = dashboards(replace(PROD.settings, runbook_url=""), PROD.watched)

    for text in written.values():
        assert [link["title"] for link in json.loads(text)["links"]] == ["MLflow"]
        assert not any(panel["links"] for panel in panels(json.loads(text)))


def test_without_access_nothing_is_shown_of_a_gateway() -> None:
    written = "".join(dashboards(DEV.settings, DEV.watched).values())

    assert "envoy" not in written
    assert "gateway" not in written.lower()


def test_without_a_canary_nothing_is_shown_of_it() -> None:
    written = "".join(without("mlflow-canary").values())

    assert "mlflow_canary" not in written
    assert "mlflow_slow_steps" not in written
    assert "mlflow_failures" in written, "of the server's requests"


def test_without_an_exporter_nothing_is_shown_of_the_stores_and_registry_and_backups_have_no_page() -> None:
    written = without("mlflow-exporter")

    assert set(boards()) - set(written) == {"model-registry", "backups"}
    for metric in ("mlflow_runs", "mlflow_bucket", "mlflow_database", "mlflow_exporter", "mlflow_backup"):
        assert metric not in "".join(written.values())
    assert all(panels(json.loads(text)) for text in written.values())


def test_without_backups_there_is_no_page_of_them() -> None:
    written = dashboards(replace(PROD.settings, backups=None), PROD.watched)

    assert set(boards()) - set(written) == {"backups"}
    assert "mlflow_backup" not in "".join(written.values())


def test_without_drills_nothing_waits_for_one() -> None:
    assert "Restored in a drill" in json.dumps(boards(PROD)["backups"])
    assert "Restored in a drill" not in json.dumps(boards(DEV)["backups"])


def test_where_no_log_is_shipped_nothing_is_shown_of_it() -> None:
    assert 'command=\\"pitr\\"' in json.dumps(boards(PROD)["backups"])
    text = json.dumps(boards(DEV)["backups"])

    assert 'command=\\"pitr\\"' not in text
    assert "mlflow_backup_log" not in text
    assert "Log" not in text


def test_the_receiver_of_the_log_is_no_job_whose_runs_end() -> None:
    for query in asked(boards(PROD)["backups"]):
        if "by (command)" in query.expr:
            assert 'command!="pitr"' in query.expr


def test_the_bucket_of_backups_is_no_store_that_the_server_needs() -> None:
    (asking,) = [each for each in asked(boards()["service-health"]) if each.panel["title"] == "Stores readable"]

    assert 'source=~"database|bucket"' in asking.expr


def test_without_a_public_certificate_nothing_waits_for_its_end() -> None:
    written = dashboards(PROD.settings, replace(PROD.watched, public_tls=False))

    assert "certificate" not in "".join(written.values()).lower()


def test_figures_and_dashed_lines_have_the_thresholds_of_the_alerts() -> None:
    written = dashboards(replace(OTHER_THRESHOLDS, patience=0.5), PROD.watched)
    day = 86_400

    assert thresholds("resource-use", "Server memory", FIGURE, written) == [123]
    assert thresholds("resource-use", "Memory of the server", "timeseries", written) == [123]
    assert thresholds("service-health", "Success, last hour", FIGURE, written) == [0.99]
    assert thresholds("service-health", "Failures", "timeseries", written) == pytest.approx([0.144])
    assert thresholds("service-health", "Slow steps", "timeseries", written) == pytest.approx([0.72])
    assert thresholds("errors-and-latency", "Slowest step, p95", FIGURE, written) == [10]
    assert thresholds("resource-use", "Database connections", FIGURE, written) == [0.5, 0.95]
    assert thresholds("service-health", "Certificate ends in", FIGURE, written) == [3 * day, 9 * day]
    assert thresholds("errors-and-latency", "Gateway refuses", FIGURE, written) == [7]
    assert thresholds("service-health", "Canary's last round", FIGURE, written) == [150]
    assert thresholds("backups", "Age of the newest backup", FIGURE, written) == [3600]
    assert thresholds("backups", "Age of the newest backup", "timeseries", written) == [3600]
    assert thresholds("backups", "Verified", FIGURE, written) == [55.5]
    assert thresholds("backups", "Restored in a drill", FIGURE, written) == [111]
    assert thresholds("backups", "Last backup took", FIGURE, written) == [1800]
    assert thresholds("backups", "Log in the bucket ends", FIGURE, written) == [240]
    assert thresholds("backups", "Age of the log in the bucket", "timeseries", written) == [240]
    assert thresholds("backups", "Log that the server keeps", FIGURE, written) == [3 * 2**30]
    assert thresholds("backups", "Log that the server keeps for its receiver", "timeseries", written) == [3 * 2**30]


def test_the_pages_come_out_the_same_each_time() -> None:
    assert dashboards(PROD.settings, PROD.watched) == dashboards(PROD.settings, PROD.watched)
