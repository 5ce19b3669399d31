"""A test process as a task's process begins: MLflow has no run, and nothing of a scheduler is in the environment."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import mlflow
import pytest
from mlflow_client.context import PARAMETERS, RUN_CONTEXT, VARIABLE_PREFIX
from mlflow_client.logs import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clean_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Also after the test, so that the next one of another subject finds nothing of this one's."""
    for name in (RUN_CONTEXT, "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", *_declared()):
        monkeypatch.delenv(name, raising=False)
    before = mlflow.get_tracking_uri()
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)
    for name in _declared():
        os.environ.pop(name, None)
    for handler in list(LOGGER.handlers):
        LOGGER.removeHandler(handler)
    LOGGER.propagate = True
    LOGGER.setLevel(logging.NOTSET)


def _declared() -> list[str]:
    return [f"{VARIABLE_PREFIX}{name.upper()}" for name in PARAMETERS]
