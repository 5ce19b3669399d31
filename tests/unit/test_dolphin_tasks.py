"""Tasks of each generation of DolphinScheduler, as processes, and a server of MLflow on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.dolphinscheduler.source_install import lay_out
from tests.dolphinscheduler.stories import TaskStories, experiment
from tests.dolphinscheduler.worker import Worker

__all__ = ["experiment"]  # a fixture: importing it makes it known here


@pytest.fixture
def worker(mlflow_server: str, tmp_path: Path) -> Worker:
    environment = {
        "MLFLOW_TRACKING_URI": mlflow_server,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(lay_out(tmp_path / "installed")),
    }
    return Worker(tmp_path, Path(sys.executable), environment)


@pytest.fixture
def tracking(mlflow_server: str) -> MlflowClient:
    return MlflowClient(mlflow_server)


class TestTasksOnThisMachine(TaskStories):
    pass
