"""The client of DolphinScheduler's tasks against a real server: runs and experiments, found and compared."""

from __future__ import annotations

import uuid

import pytest
from mlflow_client import (
    ConfigurationError,
    MLFlowClient,
    NotFoundError,
)

from tests.dolphinscheduler.process_state import clean_process

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")


def test_runs_are_found_by_what_they_hold(client: MLFlowClient) -> None:
    for number in range(3):
        with client.start_run(f"run {number}", params={"depth": number}):
            client.log_metric("auc", number / 10)
    found = client.search_runs("metrics.auc >= 0.1", order_by=["metrics.auc ASC"])
    assert [run.info.run_name for run in found] == ["run 1", "run 2"]
    assert len(client.search_runs(max_results=2)) == 2
    assert client.best_run("auc").info.run_name == "run 2"
    assert client.best_run("auc", mode="min").info.run_name == "run 0"
    assert client.best_run("auc", filter_string="params.depth != '2'").info.run_name == "run 1"
    assert len(client.search_runs(experiment_names=[client._experiment_name])) == 3


def test_the_best_of_none_is_an_error_that_says_where_it_looked(client: MLFlowClient) -> None:
    with pytest.raises(NotFoundError, match=r"by 'auc': no finished run in experiment 'client-.* has this metric"):
        client.best_run("auc")


def test_another_order_than_more_or_less_is_refused(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match="mode is 'best': give max or min"):
        client.best_run("auc", mode="best")  # type: ignore[arg-type]


def test_the_runs_of_a_workflow_are_those_of_all_its_tasks(mlflow_server: str) -> None:
    instance = uuid.uuid4().hex
    for task in ("1", "2"):
        client = MLFlowClient(
            mlflow_server,
            experiment_name="workflow",
            context={"workflow_instance_id": instance, "task_definition_code": task},
        )
        client.create_run()
    assert len(client.runs_of_workflow()) == 2
    assert client.runs_of_workflow("another") == []


def test_the_runs_of_no_workflow_cannot_be_asked_for(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match="workflow_instance_id is not given, and this task does not know"):
        client.runs_of_workflow()


def test_runs_are_compared_by_what_differs(client: MLFlowClient) -> None:
    ids = []
    for number in range(2):
        with client.start_run(f"run {number}", params={"depth": number, "same": 1}) as run:
            client.log_metric("loss", 1 - number / 2)
            ids.append(run.info.run_id)
    client.log_param("only", "here", run_id=ids[1])
    comparison = client.compare_runs(ids)
    assert comparison.differing_params() == {"depth": {ids[0]: "0", ids[1]: "1"}, "only": {ids[1]: "here"}}
    assert comparison.best("loss") == ids[0]
    assert comparison.best("loss", mode="min") == ids[1]
    assert comparison.table() == [
        ["", "run 0", "run 1"],
        ["depth", "0", "1"],
        ["only", "", "here"],
        ["same", "1", "1"],
        ["loss", "1.0", "0.5"],
    ]
    with pytest.raises(ConfigurationError, match="metric 'auc' is in none of these runs: use loss"):
        comparison.best("auc")


def test_nothing_cannot_be_compared(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match="run_ids is empty"):
        client.compare_runs([])


def test_experiments_are_listed_by_a_filter(client: MLFlowClient) -> None:
    name = client._experiment_name
    client.set_experiment(name, tags={"team": "fraud"})
    (found,) = client.list_experiments(f"name = '{name}'")
    assert found.tags["team"] == "fraud"
