"""The definition of the example's workflow, as DolphinScheduler's own library reads it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import paths, processes
from sandbox.progress import Progress
from sandbox.toolchain import python_env
from tests.training_pipeline import WORKFLOW

if TYPE_CHECKING:
    from pathlib import Path

HERE = paths.CLONE / "tests" / "integration"
DEFINITION = yaml.safe_load(WORKFLOW.read_text())


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home: Path = tmp_path_factory.mktemp("home")
    python = python_env.ensure(Progress(), HERE / "locks" / "pydolphinscheduler.txt")
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    script = HERE / "submit_workflow.py"
    printed = processes.output_of([python, script, WORKFLOW], what="submitting", timeout=120.0, env=environment)
    sent: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return sent


def test_every_script_arrives_as_it_is_written_in_the_environment_for_mlflow(submitted: dict[str, Any]) -> None:
    written = {task["name"]: task["command"] for task in DEFINITION["tasks"]}
    assert {task["name"]: task["taskParams"]["rawScript"] for task in submitted["tasks"]} == written
    assert {task["environmentCode"] for task in submitted["tasks"]} == {77}


def test_what_a_task_hands_on_is_declared_as_its_output(submitted: dict[str, Any]) -> None:
    declared = {
        task["name"]: [(each["prop"], each["direct"]) for each in task["taskParams"]["localParams"]]
        for task in submitted["tasks"]
    }
    assert declared == {
        "train": [("run_id", "OUT")],
        "register": [("model_version", "OUT")],
        "promote": [("outcome", "OUT")],
        "serve-once": [("served_version", "OUT")],
    }


def test_tasks_run_one_after_the_other_and_are_retried(submitted: dict[str, Any]) -> None:
    names = {0: "", **{task["code"]: task["name"] for task in submitted["tasks"]}}
    order = {names[each["postTaskCode"]]: names[each["preTaskCode"]] for each in submitted["relations"]}
    assert order == {"train": "", "register": "train", "promote": "register", "serve-once": "promote"}
    assert {task["failRetryTimes"] for task in submitted["tasks"]} == {2}


def test_it_runs_each_night_one_instance_at_a_time_with_the_parameters_of_the_definition(
    submitted: dict[str, Any],
) -> None:
    assert (submitted["schedule"]["crontab"], submitted["schedule"]["timezoneId"]) == ("0 0 3 * * ? *", "UTC")
    assert submitted["execution_type"] == "SERIAL_WAIT"
    parameters = {each["prop"]: each["value"] for each in submitted["parameters"]}
    assert parameters == DEFINITION["workflow"]["param"]
