"""What becomes of the runs of a task, whatever the server: the class is inherited where the server is known."""

from __future__ import annotations

import signal
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.dolphinscheduler.generations import GENERATIONS, TaskInstance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from tests.dolphinscheduler.worker import Running, Worker

PLAIN_MLFLOW = """
import mlflow
mlflow.set_experiment("EXPERIMENT")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)
"""
TRAINING = """
from mlflow_client import setup_mlflow_for_dolphinscheduler

client = setup_mlflow_for_dolphinscheduler(
    experiment_name="EXPERIMENT",
    tags={"task": "training"},
    on_retry="resume",
    context={
        "project_code": "${system.project.code}",
        "project_name": "${system.project.name}",
        "workflow_definition_code": "${system.workflow.definition.code}",
        "workflow_definition_name": "${system.workflow.definition.name}",
        "workflow_instance_id": "${system.workflow.instance.id}",
        "task_definition_code": "${system.task.definition.code}",
        "task_definition_name": "${system.task.definition.name}",
        "task_instance_id": "${system.task.instance.id}",
        "schedule_time": "${system.datetime}",
    },
)
with client.start_run("training", params={"rate": 0.1}):
    client.log_metric("loss", 0.5)
    ENDING
"""
WAITING = 'print("ready", flush=True); __import__("time").sleep(60)'
FAILING = 'raise ValueError("no data")'
SHELL = """
export DS_PROJECT_NAME='${system.project.name}'
export DS_WORKFLOW_INSTANCE_ID='${system.workflow.instance.id}'
export DS_TASK_DEFINITION_CODE='${system.task.definition.code}'
export DS_TASK_INSTANCE_ID='${system.task.instance.id}'
python - <<'END'
SCRIPT
END
"""
RUN_CONTEXT = """
export MLFLOW_RUN_CONTEXT='{"dolphin.workflow_instance_id": "${system.workflow.instance.id}",
  "dolphin.project_name": "${system.project.name}", "team": "fraud"}'
cd /
python - <<'END'
SCRIPT
END
"""
LOW_LEVEL = """
import mlflow
from mlflow_client import MLFlowClient, dolphin_tags

client, plain = MLFlowClient(experiment_name="EXPERIMENT"), mlflow.MlflowClient()
client.end_run(client.create_run())
client.tracking.create_run(client.experiment_id)
plain.create_run(client.experiment_id, tags=dolphin_tags())
with client.start_run(run_id=plain.create_run(client.experiment_id).info.run_id):
    pass
with mlflow.start_run(run_id=plain.create_run(client.experiment_id).info.run_id):
    client.tag_run()
"""


@pytest.fixture
def experiment(tracking: MlflowClient) -> Iterator[str]:
    """The name of an experiment that is there for one test."""
    name = f"dolphinscheduler-{uuid.uuid4().hex}"
    yield name
    made = tracking.get_experiment_by_name(name)
    if made is not None:
        tracking.delete_experiment(made.experiment_id)


class TaskStories:
    """Needs the fixtures `worker`, `tracking` (a client of the same server) and `experiment`."""

    @pytest.mark.parametrize("generation", GENERATIONS)
    def test_a_python_task_tags_its_run_with_all_that_its_generation_tells(
        self, worker: Worker, tracking: MlflowClient, experiment: str, generation: str
    ) -> None:
        task = TaskInstance(generation=generation)
        finish(worker.python_task(task, training(experiment)))
        run = only_run(tracking, experiment)
        assert run.info.status == "FINISHED"
        assert run.data.params == {"rate": "0.1"}
        assert run.data.tags["task"] == "training"
        assert dolphin(run) == expected(task)

    @pytest.mark.parametrize("generation", GENERATIONS)
    def test_a_shell_task_that_only_uses_mlflow_is_tagged_too(
        self, worker: Worker, tracking: MlflowClient, experiment: str, generation: str
    ) -> None:
        task = TaskInstance(generation=generation)
        finish(worker.shell(task, SHELL.replace("SCRIPT", PLAIN_MLFLOW.replace("EXPERIMENT", experiment))))
        tags = dolphin(only_run(tracking, experiment))
        assert tags["workflow_instance_id"] == task.workflow_instance_id
        assert tags["task_instance_id"] == task.task_instance_id
        assert tags.get("project_name") == ("fraud" if generation == "3.2" else None)

    @pytest.mark.parametrize("generation", GENERATIONS)
    def test_a_kubernetes_task_needs_to_say_nothing(
        self, worker: Worker, tracking: MlflowClient, experiment: str, generation: str
    ) -> None:
        task = TaskInstance(generation=generation)
        finish(worker.kubernetes(task, PLAIN_MLFLOW.replace("EXPERIMENT", experiment)))
        tags = dolphin(only_run(tracking, experiment))
        assert tags["task_instance_id"] == task.task_instance_id
        assert tags["schedule_time"] == "2026-11-27T02:00:00"
        assert tags.get("workflow_instance_id") == (task.workflow_instance_id if generation != "3.1.9" else None)

    def test_a_placeholder_that_nobody_replaced_is_no_tag_of_mlflows_own_run_context_either(
        self, worker: Worker, tracking: MlflowClient, experiment: str
    ) -> None:
        task = TaskInstance(generation="3.3-dev")
        finish(worker.shell(task, RUN_CONTEXT.replace("SCRIPT", PLAIN_MLFLOW.replace("EXPERIMENT", experiment))))
        run = only_run(tracking, experiment)
        assert run.data.tags["team"] == "fraud"
        assert dolphin(run) == {"workflow_instance_id": task.workflow_instance_id}

    def test_runs_of_the_low_level_client_and_resumed_runs_are_tagged(
        self, worker: Worker, tracking: MlflowClient, experiment: str
    ) -> None:
        task = TaskInstance(generation="3.2")
        finish(worker.shell(task, SHELL.replace("SCRIPT", LOW_LEVEL.replace("EXPERIMENT", experiment))))
        runs = all_runs(tracking, experiment)
        assert [dolphin(run)["task_instance_id"] for run in runs] == [task.task_instance_id] * 5

    @pytest.mark.parametrize("generation", GENERATIONS)
    def test_a_failed_task_goes_on_with_its_run_when_it_is_retried(
        self, worker: Worker, tracking: MlflowClient, experiment: str, generation: str
    ) -> None:
        task = TaskInstance(generation=generation)
        failed = worker.python_task(task, training(experiment, FAILING)).wait()
        assert failed.exit_code != 0
        assert "ValueError: no data" in failed.output
        assert only_run(tracking, experiment).info.status == "FAILED"
        retried = task.retried()
        finish(worker.python_task(retried, training(experiment)))
        run = only_run(tracking, experiment)
        assert run.info.status == "FINISHED"
        assert dolphin(run) == expected(retried) | {"retry_number": "1"}

    def test_the_same_task_of_the_next_workflow_instance_has_a_run_of_its_own(
        self, worker: Worker, tracking: MlflowClient, experiment: str
    ) -> None:
        for _ in range(2):
            finish(worker.python_task(TaskInstance(generation="3.2"), training(experiment)))
        assert len(all_runs(tracking, experiment)) == 2

    def test_a_stopped_task_leaves_a_killed_run(self, worker: Worker, tracking: MlflowClient, experiment: str) -> None:
        running = worker.python_task(TaskInstance(generation="3.2"), training(experiment, WAITING))
        running.wait_for("ready")
        assert running.kill(signal.SIGTERM).exit_code == 128 + signal.SIGTERM
        assert only_run(tracking, experiment).info.status == "KILLED"

    def test_a_run_that_a_lost_worker_left_running_is_finished_by_the_retry(
        self, worker: Worker, tracking: MlflowClient, experiment: str
    ) -> None:
        task = TaskInstance(generation="3.2")
        running = worker.python_task(task, training(experiment, WAITING))
        running.wait_for("ready")
        running.kill()
        assert only_run(tracking, experiment).info.status == "RUNNING"
        finish(worker.python_task(task.retried(), training(experiment)))
        assert only_run(tracking, experiment).info.status == "FINISHED"


def training(experiment: str, ending: str = "pass") -> str:
    return TRAINING.replace("EXPERIMENT", experiment).replace("ENDING", ending)


def finish(running: Running) -> None:
    done = running.wait()
    assert done.exit_code == 0, done.output


def all_runs(tracking: MlflowClient, experiment: str) -> list[Run]:
    found = tracking.get_experiment_by_name(experiment)
    assert found is not None
    return list(tracking.search_runs([found.experiment_id]))


def only_run(tracking: MlflowClient, experiment: str) -> Run:
    (run,) = all_runs(tracking, experiment)
    return run


def dolphin(run: Run) -> dict[str, str]:
    """The tags that tell of the task; the host's name is another on each machine."""
    tags = {key.removeprefix("dolphin."): value for key, value in run.data.tags.items() if key.startswith("dolphin.")}
    assert tags.pop("host")
    return tags


def expected(task: TaskInstance) -> dict[str, str]:
    """What a Python task can know: what its parameters say, and the ids in the path of its folder."""
    names = {
        "3.1.9": {},
        "3.2": {"project_name": task.project_name, "workflow_definition_name": task.workflow_definition_name},
        "3.3-dev": {},
    }[task.generation]
    own = {"task_definition_code": task.task_definition_code, "task_definition_name": task.task_definition_name}
    return {
        "project_code": task.project_code,
        "workflow_definition_code": task.workflow_definition_code,
        "workflow_definition_version": task.workflow_definition_version,
        "workflow_instance_id": task.workflow_instance_id,
        "task_instance_id": task.task_instance_id,
        "schedule_time": "2026-11-27T02:00:00",
        **names,
        **(own if task.generation != "3.1.9" else {}),
    }
