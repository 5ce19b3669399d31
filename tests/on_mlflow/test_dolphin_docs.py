"""What the README and the guide tell people to run, run: Python as a task would, shell with a double and a stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient
from mlflow_client import MLFlowClient

from sandbox import paths
from tests.dolphinscheduler.environment_double import NEW, TOKEN, scheduler
from tests.dolphinscheduler.generations import TaskInstance
from tests.dolphinscheduler.source_install import PACKAGE, lay_out
from tests.dolphinscheduler.worker import Worker
from tests.guides import blocks

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

PART_1, PART_4 = "## Part 1: DolphinScheduler", "## Part 4: Best practices"
GUIDE = paths.CLONE / "docs" / "integration-guide.md"
PLACES = {"readme": (PACKAGE / "README.md", ""), "part 1": (GUIDE, PART_1), "part 4": (GUIDE, PART_4)}
API = "http://dolphinscheduler-api:12345/dolphinscheduler"
TOKEN_FILE = "/run/secrets/dolphinscheduler-token"  # noqa: S105 - a path
TRAINING = 'import mlflow\nmlflow.set_experiment("shell")\nwith mlflow.start_run():\n    pass\n'


def every(language: str, marked: str = "") -> list[ParameterSet]:
    return [
        pytest.param(text, id=f"{place} {number}")
        for place, (document, heading) in PLACES.items()
        for number, text in enumerate(blocks(document, language, heading), start=1)
        if marked in text
    ]


@pytest.fixture
def worker(mlflow_server: str, tmp_path: Path) -> Worker:
    environment = {
        "MLFLOW_TRACKING_URI": mlflow_server,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(lay_out(tmp_path / "installed")),
    }
    return Worker(tmp_path, Path(sys.executable), environment)


@pytest.mark.parametrize("script", every("python"))
def test_a_block_of_python_runs_as_a_task(worker: Worker, script: str) -> None:
    done = worker.python_task(TaskInstance(generation="3.2"), script).wait()
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("script", every("sh", "python train.py"))
def test_a_shell_block_tags_the_run_of_the_script_that_it_starts(
    worker: Worker, mlflow_server: str, script: str
) -> None:
    task = TaskInstance(generation="3.2")
    (worker.base / task.folder).mkdir(parents=True)
    (worker.base / task.folder / "train.py").write_text(TRAINING)
    done = worker.shell(task, script).wait()
    assert done.exit_code == 0, done.output
    client = MlflowClient(mlflow_server)
    experiment = client.get_experiment_by_name("shell")
    assert experiment is not None
    (newest, *_) = client.search_runs([experiment.experiment_id])
    assert newest.data.tags["dolphin.workflow_instance_id"] == task.workflow_instance_id


@pytest.mark.parametrize("script", every("sh", "mlflow_client environment"))
def test_a_block_that_creates_an_environment_creates_it(script: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    with scheduler(NEW) as kept:
        here = script.replace(API, kept.url).replace(TOKEN_FILE, str(token))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "PYTHONPATH": str(PACKAGE / "src")}
        done = subprocess.run(["bash", "-c", here], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (made,) = kept.environments.values()
    assert "export MLFLOW_TRACKING_URI=http" in made["config"]


@pytest.mark.parametrize("script", every("sh", "pip install"))
def test_a_block_that_installs_names_the_package(script: str) -> None:
    named = [word for word in script.split() if word.startswith("./")]
    assert [(paths.CLONE / each).resolve() for each in named] == [PACKAGE]


def test_every_shell_block_is_one_of_those() -> None:
    known = ("python train.py", "mlflow_client environment", "pip install")
    assert len(every("sh")) == sum(len(every("sh", marked)) for marked in known)


def test_the_reference_names_every_method_of_the_client() -> None:
    text = (PACKAGE / "README.md").read_text()
    methods = [name for name in dir(MLFlowClient) if not name.startswith("_")]
    assert [name for name in methods if f"`{name}" not in text] == []
