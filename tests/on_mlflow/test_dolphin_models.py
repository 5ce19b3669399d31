"""The client of DolphinScheduler's tasks against a real server: models, their versions, aliases and stages."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from mlflow_client import (
    ConfigurationError,
    MLFlowClient,
    NotFoundError,
    declare_context,
)

from tests.dolphinscheduler.process_state import clean_process

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")


@pytest.fixture
def model(client: MLFlowClient, tmp_path: Path) -> str:
    """The name of a registered model with two versions."""
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    name = f"model-{uuid.uuid4().hex}"
    for _ in range(2):
        with client.start_run():
            client.log_artifact(tmp_path, "model")
            client.register_model(name)
    return name


def test_an_alias_moves_from_one_version_to_the_next(client: MLFlowClient, model: str) -> None:
    client.set_alias(model, "champion", 1)
    assert client.model_by_alias(model, "champion").version in ("1", 1)
    client.set_alias(model, "champion", "2")
    assert str(client.model_by_alias(model, "champion").version) == "2"
    client.delete_alias(model, "champion")
    with pytest.raises(NotFoundError, match=f"finding alias 'champion' of model '{model}'"):
        client.model_by_alias(model, "champion")


def test_a_registered_version_knows_its_run_and_task_and_has_its_alias(client: MLFlowClient, tmp_path: Path) -> None:
    declare_context(workflow_instance_id="9")
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    name = f"model-{uuid.uuid4().hex}"
    with client.start_run() as run:
        client.log_artifact(tmp_path, "net")
        version = client.register_model(name, "net", tags={"stage": "first"}, alias="champion")
    assert version.run_id == run.info.run_id
    assert version.tags["dolphin.workflow_instance_id"] == "9"
    assert version.tags["stage"] == "first"
    assert str(client.model_by_alias(name, "champion").version) == str(version.version)
    again = client.register_model(name, model_uri=f"runs:/{run.info.run_id}/net")
    assert [str(each.version) for each in client.model_versions(name)] == [str(again.version), str(version.version)]


def test_what_is_no_model_is_not_registered_and_told_with_the_cure(client: MLFlowClient) -> None:
    with client.start_run():
        client.log_text("weights", "net/weights.txt")
        with pytest.raises(
            NotFoundError, match=r"registering runs:/.*/net as model 'any': .*; log a model there before"
        ):
            client.register_model("any", "net")


def test_stages_work_where_the_server_has_them(client: MLFlowClient, model: str) -> None:
    client.set_stage(model, 1, "Production")
    client.set_stage(model, 2, "Production", archive_existing=True)
    assert str(client.model_in_stage(model, "Production").version) == "2"
    assert str(client.model_in_stage(model, "Archived").version) == "1"
    with pytest.raises(NotFoundError, match="in stage Staging: no version is in it; put one into it with set_stage"):
        client.model_in_stage(model, "Staging")


def test_a_stage_that_is_none_is_refused(client: MLFlowClient) -> None:
    with pytest.raises(ConfigurationError, match="stage is 'Prod': give one of None, Staging, Production, Archived"):
        client.set_stage("any", 1, "Prod")
