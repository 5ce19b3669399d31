from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient

from sandbox.images.programs import INGESTION
from sandbox.progress import Progress
from sandbox.toolchain import python_env
from tests.ingestion import Ingestion
from tests.integration.mlflow_server_here import NEW, Server, serving
from tests.on_mlflow.ingestion import world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def python() -> Path:
    """An environment with the packages of the image: made once, kept in the user's cache."""
    return python_env.ensure(Progress(), INGESTION.source / "requirements.txt")


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server's MLflow, which is newer by a major version than the image's client of it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with serving(NEW, f"sqlite:///{folder}/mlflow.db", folder / "artifacts", folder) as running:
        yield running


@pytest.fixture(scope="package")
def client(server: Server) -> MlflowClient:
    return MlflowClient(server.url)


@pytest.fixture(scope="package")
def filled(client: MlflowClient) -> world.World:
    """To be added to; whoever takes something away makes it for itself."""
    return world.fill(client)


@pytest.fixture
def ingestion(python: Path, server: Server, tmp_path: Path) -> Ingestion:
    return Ingestion(python, tmp_path, server.url)
