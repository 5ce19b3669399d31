"""One server of MLflow on this machine, for whatever is a client of it."""

import uuid

import pytest
from mlflow_client import MLFlowClient

from tests.dolphinscheduler.mlflow_here import mlflow_server

__all__ = ["mlflow_server"]  # a fixture: importing it makes it known here


@pytest.fixture
def client(mlflow_server: str) -> MLFlowClient:
    """The client of DolphinScheduler's tasks, with an experiment of its own."""
    return MLFlowClient(mlflow_server, experiment_name=f"client-{uuid.uuid4().hex}")
