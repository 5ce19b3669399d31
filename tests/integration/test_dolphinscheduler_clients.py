"""The package for DolphinScheduler's tasks, built, installed and used with the oldest and the newest client of MLflow.

None of it needs the sandbox: the server is a process of this machine, of the version that the platform runs.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from tests.client_package import CLOUDFLARE_ACCESS, DOLPHINSCHEDULER, build_wheel, client, install
from tests.dolphinscheduler.generations import TaskInstance
from tests.dolphinscheduler.mlflow_here import mlflow_server
from tests.dolphinscheduler.stories import TaskStories, experiment, finish, training
from tests.dolphinscheduler.worker import Worker
from tests.integration.recording_server import recording_server

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["experiment", "mlflow_server"]  # fixtures: importing them makes them known here

EVERYTHING = """
from mlflow_client import MLFlowClient, NotFoundError

client = MLFlowClient(experiment_name="everything")
with client.start_run("first", params={f"p{n}": n for n in range(150)}, description="first of all") as run:
    client.log_metrics({"loss": 0.5, "auc": 0.9}, step=1)
    with client.metric_batch() as batch:
        for step in range(1500):
            batch.log({"curve": float(step)}, step=step)
    client.log_dict({"a": 1}, "a.json")
    client.log_text("flavors: {}", "model/MLmodel")
    assert sorted(each.path for each in client.list_artifacts()) == ["a.json", "model"]
    with client.start_run("child", nested=True) as child:
        pass
    version = client.register_model("MODEL", tags={"team": "fraud"}, alias="champion")
assert client.download_artifact("a.json", ".", run_id=run.info.run_id).exists()
assert str(client.model_by_alias("MODEL", "champion").version) == str(version.version) == "1"
client.set_stage("MODEL", 1, "Staging")
assert str(client.model_in_stage("MODEL", "Staging").version) == "1"
assert len(client.model_versions("MODEL")) == 1
assert client.best_run("auc").info.run_id == run.info.run_id
assert len(client.compare_runs([run.info.run_id, child.info.run_id]).differing_params()) == 150
assert len(client.runs_of_workflow()) == 2
assert "everything" in [each.name for each in client.list_experiments()]
client.end_run(client.create_run())
client.delete_alias("MODEL", "champion")
try:
    client.model_by_alias("MODEL", "champion")
except NotFoundError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [build_wheel(tmp_path_factory.mktemp("wheel"), package) for package in (DOLPHINSCHEDULER, CLOUDFLARE_ACCESS)]


@pytest.fixture(scope="module", params=[pytest.param("oldest", marks=pytest.mark.full), "newest"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Worker:
    """A worker's Python with both packages, which knows of no server yet."""
    python = client(request.param, DOLPHINSCHEDULER)
    folder = tmp_path_factory.mktemp(request.param)
    sites = [str(install(python, wheel, folder / wheel.stem)) for wheel in wheels]
    environment = {"PYTHONPATH": ":".join(sites), "MLFLOW_DISABLE_TELEMETRY": "true"}
    return Worker(folder, python, environment)


@pytest.fixture
def worker(installed: Worker, mlflow_server: str) -> Worker:
    return Worker(installed.base, installed.python, {**installed.environment, "MLFLOW_TRACKING_URI": mlflow_server})


@pytest.fixture
def tracking(mlflow_server: str) -> MlflowClient:
    return MlflowClient(mlflow_server)


class TestTasksWithEachClient(TaskStories):
    def test_all_that_the_client_does_works(self, worker: Worker) -> None:
        task = TaskInstance(generation="3.2")
        finish(worker.python_task(task, EVERYTHING.replace("MODEL", f"model-{task.task_instance_id}")))


def test_with_the_plugin_for_access_beside_every_request_carries_the_token(installed: Worker, tmp_path: Path) -> None:
    (tmp_path / "client-id").write_text("machine.access")
    (tmp_path / "client-secret").write_text("a-secret")
    with recording_server() as server:
        access = {
            "MLFLOW_TRACKING_URI": server.url,
            "MLFLOW_CLOUDFLARE_ACCESS_HOST": f"127.0.0.1:{server.port}",
            "MLFLOW_CLOUDFLARE_ACCESS_DIR": str(tmp_path),
        }
        outside = Worker(tmp_path, installed.python, {**installed.environment, **access})
        script = training("any").replace('on_retry="resume"', 'on_retry="new"')
        finish(outside.python_task(TaskInstance(generation="3.2"), script))
        tokens = {request.headers.get("cf-access-client-secret") for request in server.asked("")}
    assert tokens == {"a-secret"}


def test_the_wheel_tells_that_it_is_typed_and_what_mlflow_shall_load(wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[0]) as content:
        assert "mlflow_client/py.typed" in content.namelist()
        entry_points = next(name for name in content.namelist() if name.endswith("entry_points.txt"))
        assert "[mlflow.run_context_provider]" in content.read(entry_points).decode()
