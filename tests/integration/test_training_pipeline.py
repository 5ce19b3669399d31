"""The guide's pipeline on the platform, as people follow it, and what DataHub is then told of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage

from sandbox import stack
from sandbox.images.programs import INGESTION
from sandbox.progress import Progress
from sandbox.toolchain import python_env
from tests.ingestion import Ingestion
from tests.integration import cluster
from tests.training_pipeline import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.full]

EXPERIMENT, MODEL = "training-pipeline", "breast-cancer"
"""What the steps call them by themselves, and the guide with them."""
PLATFORM = "urn:li:dataPlatform:mlflow"


@dataclass(frozen=True)
class Walked:
    """What the guide's blocks have printed: those for a shell, but for the installation, and those for Python."""

    first: str
    better: str
    worse: str
    predictions: str
    reasons: str
    runs: str
    told: Mapping[str, Mapping[str, Any]]
    """What DataHub's file sink holds afterwards: aspects by entity."""


@pytest.fixture(scope="module")
def client() -> Iterator[MlflowClient]:
    """A client of a server that holds nothing of the guide, neither before nor after."""
    cluster.wait_until_rolled_out()
    made = MlflowClient(f"http://{stack.HOST}")
    _forget(made)
    yield made
    _forget(made)


@pytest.fixture(scope="module")
def walked(client: MlflowClient, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    folder = tmp_path_factory.mktemp("guide")
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"https://{stack.HOST}",
        "MLFLOW_TRACKING_SERVER_CERT_PATH": str(stack.CA_FILE),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    _, first, better, worse, predictions, reasons, _, runs = walk(folder, environment)
    told = _ingested(folder / "ingestion", client.tracking_uri)
    return Walked(first, better, worse, predictions, reasons, runs, told)


def _forget(client: MlflowClient) -> None:
    """Deletes the model and the runs; the experiment stays, since a deleted one would keep its name from being used."""
    if client.search_registered_models(f"name = '{MODEL}'"):
        client.delete_registered_model(MODEL)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        assert experiment.lifecycle_stage == LifecycleStage.ACTIVE
        for run in client.search_runs([experiment.experiment_id]):
            client.delete_run(run.info.run_id)


def _ingested(folder: Path, tracking_uri: str) -> Mapping[str, Mapping[str, Any]]:
    """What the program of the platform's hourly job tells."""
    folder.mkdir()
    ingestion = Ingestion(python_env.ensure(Progress(), INGESTION.source / "requirements.txt"), folder, tracking_uri)
    outcome = ingestion.to_file()
    assert outcome.code == 0, outcome.log
    return ingestion.told()


def _runs(client: MlflowClient) -> dict[str, str]:
    """The id of each run, by the components of its model."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    return {run.data.params["components"]: run.info.run_id for run in client.search_runs([experiment.experiment_id])}


def test_the_first_version_is_promoted_and_served_from_the_registry(walked: Walked) -> None:
    assert walked.first == "promoted: version 1 is the champion\n"


def test_a_better_version_is_promoted_and_a_worse_one_held(walked: Walked) -> None:
    assert walked.better == "version 2: promoted\n"
    assert walked.worse == "outcome=held\nexit code 3\n"


def test_whoever_loads_the_champion_gets_probabilities(walked: Walked) -> None:
    rows = walked.predictions.strip().strip("[]").split("]\n [")
    for row in rows:
        assert sum(float(number) for number in row.split()) == pytest.approx(1.0)
    assert len(rows) == 3


def test_the_champion_says_why_and_what_it_was_made_of(walked: Walked) -> None:
    reason, made_of = walked.reasons.splitlines()
    assert reason == "roc_auc is 0.9998, more than the champion's 0.9928 and the margin of 0.001"
    for said in ("'components': '5'", "'breast-cancer-wisconsin-training'", "'breast-cancer-wisconsin-held-out'"):
        assert said in made_of


def test_the_alias_went_back_to_the_version_before(walked: Walked, client: MlflowClient) -> None:
    assert client.get_registered_model(MODEL).aliases == {"champion": "1", "challenger": "3"}
    assert walked.runs == f"{_runs(client)['5']} by hand\n"


def test_datahub_gets_every_run_with_the_datasets_that_it_read(walked: Walked, client: MlflowClient) -> None:
    told = {
        aspects["mlTrainingRunProperties"]["id"]: aspects
        for urn, aspects in walked.told.items()
        if urn.startswith("urn:li:dataProcessInstance:") and "mlTrainingRunProperties" in aspects
    }
    for run_id in _runs(client).values():
        edges = {edge["destinationUrn"] for edge in told[run_id]["dataProcessInstanceInput"]["inputEdges"]}
        assert edges == {
            f"urn:li:dataset:({PLATFORM},breast-cancer-wisconsin-{part},PROD)" for part in ("training", "held-out")
        }
        assert edges <= set(walked.told)


def test_datahub_gets_the_model_and_each_version_with_its_verdict(walked: Walked) -> None:
    group = f"urn:li:mlModelGroup:({PLATFORM},{MODEL},PROD)"
    assert group in walked.told
    verdicts = {}
    for number in ("1", "2", "3"):
        properties = walked.told[f"urn:li:mlModel:({PLATFORM},{MODEL}_{number},PROD)"]["mlModelProperties"]
        assert properties["groups"] == [group]
        verdicts[number] = properties["customProperties"]["gate.outcome"]
    assert verdicts == {"1": "promoted", "2": "promoted", "3": "held"}
