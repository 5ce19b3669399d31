"""What a task knows of its place in DolphinScheduler, by whichever way it was told."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import mlflow_client
import pytest
from mlflow.tracking.context import registry
from mlflow_client import ConfigurationError, TaskContext, declare_context, dolphin_tags
from mlflow_client.context import PARAMETERS, RUN_CONTEXT, forget_placeholders, read_context
from mlflow_client.provider import DolphinRunContextProvider
from mlflow_client.tags import LONGEST_VALUE

from tests.dolphinscheduler.generations import GENERATIONS, TaskInstance
from tests.dolphinscheduler.process_state import clean_process
from tests.dolphinscheduler.source_install import PACKAGE
from tests.dolphinscheduler.worker import pod_variables

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")

ELSEWHERE = "/home/somebody"


def known(environment: dict[str, str], folder: str = ELSEWHERE) -> dict[str, str]:
    found = read_context(environment, folder).known()
    found.pop("host", None)
    return found


def test_outside_of_the_scheduler_there_is_nothing_and_no_tag() -> None:
    assert not read_context({}, ELSEWHERE)
    assert dolphin_tags({}) == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_parameter_of_a_kubernetes_task_is_a_field(generation: str) -> None:
    found = known(pod_variables(TaskInstance(generation=generation)))
    unmapped = {"system.biz.curdate", "system.task.execute.path"}  # today, and what the container has no folder of
    assert len(found) == len(GENERATIONS[generation] - unmapped)


def test_a_kubernetes_task_may_tell_its_instance_by_the_short_name_alone() -> None:
    assert known({"taskInstanceId": "17"}) == {"task_instance_id": "17"}


@pytest.mark.parametrize("value", ["${system.project.name}", "  ", "", "null", "a-${system.project.name}-b"])
def test_what_nobody_has_replaced_counts_as_missing(value: str) -> None:
    assert known({"DS_PROJECT_NAME": value}) == {}
    assert known({"system.project.name": value}) == {}
    assert known({RUN_CONTEXT: json.dumps({"dolphin.project_name": value})}) == {}


@pytest.mark.parametrize(
    ("folder", "generation"),
    [
        ("/var/dolphinscheduler/exec/process/7/8_2/9/10", "2.0"),
        ("/var/dolphinscheduler/exec/process/tenant/7/8_2/9/10", "3.1"),
        ("/opt/data/exec/process/tenant/7/8_2/9/10/deeper", "3.2, after a cd"),
    ],
)
def test_the_path_of_the_working_folder_tells_the_ids(folder: str, generation: str) -> None:
    assert known({}, folder) == {
        "project_code": "7",
        "workflow_definition_code": "8",
        "workflow_definition_version": "2",
        "workflow_instance_id": "9",
        "task_instance_id": "10",
    }, generation


@pytest.mark.parametrize("folder", ["/exec/process/7", "/exec/process/a/b_c/d/e", "/exec/processes/7/8_2/9/10", ""])
def test_another_path_tells_nothing(folder: str) -> None:
    assert known({}, folder) == {}


def test_the_task_itself_counts_before_all_others() -> None:
    environment = {
        "DS_PROJECT_CODE": "declared",
        "system.project.code": "pod",
        RUN_CONTEXT: '{"dolphin.project_code": "context", "dolphin.task_definition_code": "context"}',
        "system.workflow.instance.id": "pod",
    }
    folder = "/exec/process/7/8_2/9/10"
    assert known(environment, folder) == {
        "project_code": "declared",
        "workflow_instance_id": "pod",
        "task_definition_code": "context",
        "workflow_definition_code": "8",
        "workflow_definition_version": "2",
        "task_instance_id": "10",
    }


@pytest.mark.parametrize("text", ["no json", "[1]", '"text"', "{"])
def test_a_run_context_that_cannot_be_read_is_no_error(text: str) -> None:
    assert known({RUN_CONTEXT: text}) == {}


def test_the_time_of_the_schedule_is_written_as_a_time() -> None:
    assert known({"DS_SCHEDULE_TIME": "20261127020304"}) == {"schedule_time": "2026-11-27T02:03:04"}


def test_a_time_in_another_form_stays_as_it_is() -> None:
    assert known({"DS_SCHEDULE_TIME": "yesterday"}) == {"schedule_time": "yesterday"}


def test_host_and_retry_number_can_be_told_too() -> None:
    context = read_context({"DS_HOST": "gpu-1", "DS_RETRY_NUMBER": "2"}, ELSEWHERE)
    assert context == TaskContext(host="gpu-1", retry_number="2")


def test_a_task_is_known_by_its_code_before_its_name() -> None:
    assert TaskContext(task_definition_code="4", task_definition_name="train").task == "4"
    assert TaskContext(task_definition_name="train").task == "train"


def test_what_a_python_task_declares_is_known_to_the_processes_that_it_starts() -> None:
    assert declare_context(workflow_instance_id=4711, project_name="${system.project.name}").known()
    script = "import mlflow_client; print(mlflow_client.dolphin_tags()['dolphin.workflow_instance_id'])"
    environment = {"PYTHONPATH": str(PACKAGE / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, "DS_WORKFLOW_INSTANCE_ID": dolphin_tags()["dolphin.workflow_instance_id"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "4711"


def test_a_name_that_is_no_part_of_a_context_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="workflow_id is nothing that a task has; use project_code, ") as error:
        declare_context(workflow_id=1, project_code=2)
    assert all(name in str(error.value) for name in PARAMETERS)
    assert not dolphin_tags()


def test_a_value_is_cut_to_what_every_server_takes() -> None:
    assert len(dolphin_tags({"DS_PROJECT_NAME": "x" * 9000})["dolphin.project_name"]) == LONGEST_VALUE


def test_placeholders_are_taken_out_of_mlflows_run_context() -> None:
    environment = {RUN_CONTEXT: '{"dolphin.project_name": "${system.project.name}", "team": "fraud"}'}
    forget_placeholders(environment)
    assert json.loads(environment[RUN_CONTEXT]) == {"team": "fraud"}


@pytest.mark.parametrize("text", ['{"team": "fraud"}', "no json", '{"a": 1}'])
def test_a_run_context_without_placeholders_is_left_as_it_is(text: str) -> None:
    environment = {RUN_CONTEXT: text}
    forget_placeholders(environment)
    assert environment == {RUN_CONTEXT: text}


def test_mlflow_asks_the_provider_as_it_asks_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    known_providers = registry.RunContextProviderRegistry()  # type: ignore[no-untyped-call]
    known_providers.register(DolphinRunContextProvider)  # type: ignore[no-untyped-call]
    monkeypatch.setattr(registry, "_run_context_provider_registry", known_providers)
    assert registry.resolve_tags() == {}
    declare_context(workflow_instance_id="9", project_name="fraud")
    tags = registry.resolve_tags({"dolphin.project_name": "the user's"})
    assert tags.pop("dolphin.host")
    assert tags == {"dolphin.workflow_instance_id": "9", "dolphin.project_name": "the user's"}


def test_a_working_folder_that_is_gone_is_no_error(tmp_path: Path) -> None:
    script = "import os, sys; os.rmdir(os.getcwd()); import mlflow_client; print(mlflow_client.dolphin_tags())"
    folder = tmp_path / "gone"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PYTHONPATH": str(PACKAGE / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "{}"


def test_the_entry_point_names_the_provider() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    entry_points = project["entry-points"]["mlflow.run_context_provider"]
    assert list(entry_points.values()) == [
        f"{DolphinRunContextProvider.__module__}:{DolphinRunContextProvider.__name__}"
    ]


def test_importing_it_imports_neither_mlflow_nor_requests() -> None:
    check = """
import sys, mlflow_client, mlflow_client.provider
for name in mlflow_client.__all__:
    getattr(mlflow_client, name)
sys.exit(", ".join({"mlflow", "requests"} & set(sys.modules)) or 0)
"""
    subprocess.run([sys.executable, "-c", check], check=True, env={"PYTHONPATH": str(PACKAGE / "src")})


def test_a_name_that_it_has_not_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        mlflow_client.nothing  # noqa: B018 - the access is the test
