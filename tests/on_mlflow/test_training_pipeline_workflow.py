"""The pipeline as DolphinScheduler runs it: its definition, by a worker, against a server of MLflow on this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from mlflow import MlflowClient

from tests.dolphinscheduler.workflow import WorkflowInstance
from tests.guides import blocks
from tests.training_pipeline import EXAMPLE, GUIDE, PART, WORKFLOW, worker

if TYPE_CHECKING:
    from pathlib import Path

    from mlflow.entities import Run


@pytest.fixture
def tracking(mlflow_server: str) -> MlflowClient:
    return MlflowClient(mlflow_server)


def instance(server: str, folder: Path, generation: str) -> WorkflowInstance:
    """One whose experiment and model no other test knows."""
    own = worker(folder, MLFLOW_TRACKING_URI=server)
    return WorkflowInstance.of(WORKFLOW, own, generation, experiment=folder.name, model_name=folder.name)


def runs_of(tracking: MlflowClient, workflow: WorkflowInstance) -> list[Run]:
    experiment = tracking.get_experiment_by_name(workflow.parameters["experiment"])
    assert experiment is not None
    return list(tracking.search_runs([experiment.experiment_id]))


def test_an_instance_goes_from_data_to_a_served_champion_and_its_retries_add_nothing(
    mlflow_server: str, tracking: MlflowClient, tmp_path: Path
) -> None:
    workflow = instance(mlflow_server, tmp_path, "3.2")
    workflow.run()
    assert workflow.parameters["outcome"] == "promoted"
    assert workflow.parameters["served_version"] == "1"
    assert "is served, and says what it should" in workflow.ended["serve-once"][0].output
    for name in ("train", "register"):
        assert workflow.attempt(name).exit_code == 0
    (run,) = runs_of(tracking, workflow)
    (version,) = tracking.search_model_versions(f"name = '{tmp_path.name}'")
    assert (run.info.status, version.run_id) == ("FINISHED", run.info.run_id)
    assert tracking.get_registered_model(tmp_path.name).aliases == {"champion": "1"}
    told = {key: run.data.tags[f"dolphin.{key}"] for key in ("workflow_instance_id", "project_code", "retry_number")}
    assert told == {
        "workflow_instance_id": workflow.first.workflow_instance_id,
        "project_code": workflow.first.project_code,
        "retry_number": "1",
    }


def test_the_oldest_generation_too_tells_enough_for_a_retry_to_find_its_run(
    mlflow_server: str, tracking: MlflowClient, tmp_path: Path
) -> None:
    workflow = instance(mlflow_server, tmp_path, "3.1.9")
    for _ in range(2):
        assert workflow.attempt("train").exit_code == 0
    assert [run.info.run_id for run in runs_of(tracking, workflow)] == [workflow.parameters["run_id"]]


def test_a_task_that_was_handed_nothing_says_what_is_missing(mlflow_server: str, tmp_path: Path) -> None:
    done = instance(mlflow_server, tmp_path, "3.2").attempt("register")
    assert done.exit_code == 2
    assert "argument --run-id: '${run_id}' is no value: does the task that it comes from print it" in done.output


def test_the_guide_shows_a_task_as_the_definition_has_it() -> None:
    (block,) = blocks(GUIDE, "yaml", PART)
    (shown,) = yaml.safe_load(block)
    assert shown in yaml.safe_load(WORKFLOW.read_text())["tasks"]


def test_the_lock_holds_what_the_steps_import_with_hashes() -> None:
    locked = (EXAMPLE / "requirements.txt").read_text()
    for wanted in re.findall(r"^[a-z].*$", (EXAMPLE / "requirements.in").read_text(), re.MULTILINE):
        assert re.search(rf"^{re.escape(wanted)} \\\n    --hash=sha256:", locked, re.MULTILINE), wanted
