"""A server of MLflow on the loopback, one for all tests of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.mlflow_server_here import NEW, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    folder = tmp_path_factory.mktemp("mlflow")
    with serving(NEW, f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts", folder) as server:
        yield server.url
