"""What the deployed server holds arrives in DataHub, by the program and the packages of the image.

They run on this machine and go through the ingress. DataHub is the file sink of its framework, and a strict double.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from mlflow import MlflowClient

from sandbox.images.programs import INGESTION
from sandbox.progress import Progress
from sandbox.toolchain import python_env
from tests.datahub import DataHub, serving
from tests.ingestion import PUBLIC, Ingestion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlflow.entities import Run

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("platform")]


@pytest.fixture
def ingestion(tmp_path: Path) -> Ingestion:
    python = python_env.ensure(Progress(), INGESTION.source / "requirements.txt")
    return Ingestion(python, tmp_path, os.environ["MLFLOW_TRACKING_URI"])


@pytest.fixture
def client(ingestion: Ingestion) -> MlflowClient:
    return MlflowClient(ingestion.tracking_uri)


def every_run(client: MlflowClient) -> list[Run]:
    runs: list[Run] = []
    for experiment in client.search_experiments():
        page = client.search_runs([experiment.experiment_id])
        runs += page
        while page.token:
            page = client.search_runs([experiment.experiment_id], page_token=page.token)
            runs += page
    return runs


def model(name: str, version: object) -> str:
    return f"urn:li:mlModel:(urn:li:dataPlatform:mlflow,{name}_{version},PROD)"


def aspects_of(told: Mapping[str, Mapping[str, Any]], kind: str, name: str) -> list[Any]:
    return [each[name] for urn, each in told.items() if urn.startswith(f"urn:li:{kind}:") and name in each]


@pytest.mark.full
def test_all_that_the_server_holds_arrives_and_a_second_run_names_it_the_same(
    ingestion: Ingestion, client: MlflowClient
) -> None:
    name = f"ingested-{uuid.uuid4().hex[:8]}"
    experiment = client.create_experiment(name)
    run = client.create_run(experiment, tags={"dolphin.workflow_instance_id": "4711"}).info.run_id
    client.create_registered_model(name)
    client.create_model_version(name, f"runs:/{run}/model", run)
    try:
        outcome = ingestion.to_file()
        told = ingestion.told()
        again = ingestion.to_file()
        versions = list(client.search_model_versions())
        runs = every_run(client)
        experiments = {each.name for each in client.search_experiments()}
    finally:
        client.delete_registered_model(name)
        client.delete_experiment(experiment)

    assert (outcome.code, again.code, again.result["removed"]) == (0, 0, 0), outcome.log
    assert set(ingestion.told()) == set(told)
    assert {each["name"] for each in aspects_of(told, "container", "containerProperties")} == experiments
    trained = {each["id"] for each in aspects_of(told, "dataProcessInstance", "mlTrainingRunProperties")}
    tags = {
        each["externalUrl"].rpartition("/")[2]: each["customProperties"]
        for each in aspects_of(told, "dataProcessInstance", "dataProcessInstanceProperties")
    }
    assert trained == {each.info.run_id for each in runs}
    assert tags == {each.info.run_id: each.data.tags for each in runs}
    assert {urn for urn in told if urn.startswith("urn:li:mlModel:")} == {
        model(each.name, each.version) for each in versions
    }
    edges = {
        edge["destinationUrn"]
        for each in aspects_of(told, "dataProcessInstance", "dataProcessInstanceOutput")
        for edge in each["outputEdges"]
    }
    assert edges == {model(each.name, each.version) for each in versions if each.run_id in trained}
    assert told[model(name, 1)]["mlModelProperties"]["externalUrl"] == f"{PUBLIC}/#/models/{name}/versions/1"


def test_datahub_is_told_by_its_interface_and_what_is_deleted_goes(ingestion: Ingestion, client: MlflowClient) -> None:
    name = f"ingested-{uuid.uuid4().hex[:8]}"
    client.create_registered_model(name)
    client.create_model_version(name, "s3://elsewhere/model")
    with serving(DataHub()) as datahub:
        first = ingestion.to(datahub)
        there = set(datahub.there)
        client.delete_registered_model(name)
        second = ingestion.to(datahub)

        assert (first.code, second.code, datahub.refusals) == (0, 0, [])
        assert model(name, 1) in there
        assert model(name, 1) not in datahub.there
