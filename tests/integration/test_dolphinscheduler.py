"""DolphinScheduler's tasks on the platform: workers outside through the ingress, Kubernetes tasks by the Service."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from sandbox import stack
from tests.dolphinscheduler import kubernetes_task
from tests.dolphinscheduler.generations import GENERATIONS, TaskInstance
from tests.dolphinscheduler.source_install import lay_out
from tests.dolphinscheduler.stories import PLAIN_MLFLOW, TaskStories, dolphin, experiment, only_run
from tests.dolphinscheduler.worker import Worker
from tests.integration.cluster import NAMESPACE, kubectl, objects, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["experiment"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("platform")

PUBLIC = f"http://{stack.HOST}"
SERVICE = f"http://mlflow.{NAMESPACE}.svc:5000"
CONTEXT = {"MLFLOW_TRACKING_URI": SERVICE, "MLFLOW_DISABLE_TELEMETRY": "true"}
RESUMING = """
from mlflow_client import MLFlowClient

with MLFlowClient(experiment_name="EXPERIMENT", on_retry="resume").start_run("training") as run:
    ENDING
"""


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    environment = {
        "MLFLOW_TRACKING_URI": PUBLIC,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(lay_out(tmp_path / "installed")),
    }
    return Worker(tmp_path, Path(sys.executable), environment)


@pytest.fixture
def tracking() -> MlflowClient:
    return MlflowClient(PUBLIC)


class TestTasksOutside(TaskStories):
    pass


class Jobs:
    """Kubernetes tasks in the server's namespace."""

    def __init__(self, image: str, packages: str) -> None:
        self.image, self.packages = image, packages

    def run(self, task: TaskInstance, script: str) -> bool:
        """Runs one until its end; whether it succeeded."""
        made = kubernetes_task.job(task, script, image=self.image, packages=self.packages, environment=CONTEXT)
        name = made["metadata"]["name"]
        kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", stdin=json.dumps(made))
        try:
            wait_for(lambda: bool(self._conditions(name)), f"the end of {name}", found=lambda: self._log(name))
            return "Complete" in self._conditions(name)
        finally:
            kubectl("delete", "job", name, f"--namespace={NAMESPACE}", "--wait=false", check=False)

    @staticmethod
    def _conditions(name: str) -> set[str]:
        (status,) = [each["status"] for each in objects("jobs") if each["metadata"]["name"] == name]
        ended = {"Complete", "Failed"}
        return {each["type"] for each in status.get("conditions", []) if each["status"] == "True"} & ended

    @staticmethod
    def _log(name: str) -> str:
        return kubectl("logs", f"job/{name}", f"--namespace={NAMESPACE}", check=False)


@pytest.fixture
def jobs(server_image: str) -> Iterator[Jobs]:
    packages = f"packages-{uuid.uuid4().hex[:8]}"
    manifest = json.dumps(kubernetes_task.package(packages))
    kubectl("apply", f"--namespace={NAMESPACE}", "--filename=-", "--server-side", stdin=manifest)
    yield Jobs(server_image, packages)
    kubectl("delete", "configmap", packages, f"--namespace={NAMESPACE}", check=False)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_kubernetes_task_that_only_uses_mlflow_is_tagged(
    jobs: Jobs, tracking: MlflowClient, experiment: str, generation: str
) -> None:
    task = TaskInstance(generation=generation)
    assert jobs.run(task, PLAIN_MLFLOW.replace("EXPERIMENT", experiment))
    tags = dolphin(only_run(tracking, experiment))
    assert tags["task_instance_id"] == task.task_instance_id
    assert tags.get("workflow_instance_id") == (task.workflow_instance_id if generation != "3.1.9" else None)


def test_a_kubernetes_task_that_failed_goes_on_with_its_run_when_it_is_retried(
    jobs: Jobs, tracking: MlflowClient, experiment: str
) -> None:
    task = TaskInstance(generation="3.2")
    script = RESUMING.replace("EXPERIMENT", experiment)
    assert not jobs.run(task, script.replace("ENDING", 'raise ValueError("no data")'))
    assert only_run(tracking, experiment).info.status == "FAILED"
    retried = task.retried()
    assert jobs.run(retried, script.replace("ENDING", "pass"))
    run = only_run(tracking, experiment)
    assert run.info.status == "FINISHED"
    assert dolphin(run)["task_instance_id"] == retried.task_instance_id
    assert dolphin(run)["retry_number"] == "1"
