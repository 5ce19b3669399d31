"""What arrives, by DataHub's file sink: all that MLflow holds and how it is tied together."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.images.programs import INGESTION
from tests.ingestion import PUBLIC, Ingestion
from tests.on_mlflow.ingestion.world import MODEL, ODD_MODEL, SCHEDULER, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlflow import MlflowClient

    from tests.integration.mlflow_server_here import Server

    Told = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def told(filled: World, python: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Told:
    ingestion = Ingestion(python, tmp_path_factory.mktemp("told"), server.url)
    outcome = ingestion.to_file()
    assert (filled.experiment, outcome.code) == (filled.experiment, 0), outcome.log
    return ingestion.told()


def of_type(told: Told, kind: str) -> dict[str, Mapping[str, Any]]:
    return {urn: aspects for urn, aspects in told.items() if urn.startswith(f"urn:li:{kind}:")}


def run_of(told: Told, run_id: str) -> tuple[str, Mapping[str, Any]]:
    (found,) = [
        (urn, aspects)
        for urn, aspects in of_type(told, "dataProcessInstance").items()
        if aspects["mlTrainingRunProperties"]["id"] == run_id
    ]
    return found


def model_urn(name: str, version: str | None = None) -> str:
    kind = "mlModel" if version else "mlModelGroup"
    return f"urn:li:{kind}:(urn:li:dataPlatform:mlflow,{name}{f'_{version}' if version else ''},PROD)"


def pairs(entries: list[Mapping[str, str]]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in entries}


def test_every_experiment_arrives_with_its_words_its_tags_and_a_link(told: Told, client: MlflowClient) -> None:
    arrived = {each["containerProperties"]["name"]: each for each in of_type(told, "container").values()}

    assert set(arrived) == {each.name for each in client.search_experiments()}
    prices = arrived["prices"]["containerProperties"]
    experiment = client.get_experiment_by_name("prices")
    assert experiment
    assert prices["customProperties"].items() >= {"team": "trading"}.items()
    assert prices["description"] == "What the market does next."
    assert prices["externalUrl"] == f"{PUBLIC}/#/experiments/{experiment.experiment_id}"


def test_every_run_arrives_with_every_tag_metric_and_param_of_it(told: Told, client: MlflowClient) -> None:
    experiments = [each.experiment_id for each in client.search_experiments()]
    runs = {run.info.run_id: run for run in client.search_runs(experiments)}
    arrived = {each["mlTrainingRunProperties"]["id"]: each for each in of_type(told, "dataProcessInstance").values()}

    assert set(arrived) == set(runs)
    for run_id, run in runs.items():
        aspects = arrived[run_id]
        assert aspects["dataProcessInstanceProperties"]["customProperties"] == run.data.tags
        assert pairs(aspects["mlTrainingRunProperties"]["trainingMetrics"]) == {
            name: str(value) for name, value in run.data.metrics.items()
        }
        assert pairs(aspects["mlTrainingRunProperties"]["hyperParams"]) == run.data.params


def test_the_tags_of_a_scheduler_arrive(told: Told, filled: World) -> None:
    _, aspects = run_of(told, filled.trained)

    assert aspects["dataProcessInstanceProperties"]["customProperties"].items() >= SCHEDULER.items()


def test_links_lead_to_where_people_open_mlflow_and_nothing_names_the_server_inside(
    told: Told, filled: World, server: Server
) -> None:
    _, aspects = run_of(told, filled.trained)
    version = told[model_urn(ODD_MODEL, "1")]["mlModelProperties"]
    odd = "it%27s%20%28a%2Cb%29%20%25"

    run_link = f"{PUBLIC}/#/experiments/{filled.experiment}/runs/{filled.trained}"
    assert aspects["dataProcessInstanceProperties"]["externalUrl"] == run_link
    assert version["externalUrl"] == f"{PUBLIC}/#/models/{odd}/versions/1"
    assert told[model_urn(ODD_MODEL)]["mlModelGroupProperties"]["externalUrl"] == f"{PUBLIC}/#/models/{odd}"
    assert server.url not in json.dumps(told)


def test_a_run_is_in_its_experiment_and_leads_to_every_version_made_of_it(told: Told, filled: World) -> None:
    _, aspects = run_of(told, filled.trained)
    outputs = {edge["destinationUrn"] for edge in aspects["dataProcessInstanceOutput"]["outputEdges"]}

    assert told[aspects["container"]["container"]]["containerProperties"]["name"] == "prices"
    assert outputs == {model_urn(MODEL, "1"), model_urn(ODD_MODEL, "1")}


def test_a_version_leads_to_its_model_and_back_to_its_run(told: Told, filled: World) -> None:
    urn, _ = run_of(told, filled.trained)

    for name in (MODEL, ODD_MODEL):
        version = told[model_urn(name, "1")]["mlModelProperties"]
        assert version["groups"] == [model_urn(name)]
        assert version["trainingJobs"] == [urn]
        assert pairs(version["trainingMetrics"]) == {"rmse": "1.25"}
    assert told[model_urn(ODD_MODEL, "2")]["mlModelProperties"]["trainingJobs"] == []


def test_every_model_and_version_arrives_with_tags_aliases_and_stage(told: Told, client: MlflowClient) -> None:
    models = {model_urn(each.name) for each in client.search_registered_models()}
    versions = {model_urn(each.name, str(each.version)) for each in client.search_model_versions()}
    champion = told[model_urn(MODEL, "1")]

    assert set(of_type(told, "mlModelGroup")) == models
    assert set(of_type(told, "mlModel")) == versions
    assert told[model_urn(MODEL)]["mlModelGroupProperties"]["customProperties"] == {"owner": "quants"}
    assert told[model_urn(MODEL)]["mlModelGroupProperties"]["description"] == "Tomorrow's price."
    assert champion["mlModelProperties"]["customProperties"] == {"approved": "yes"}
    assert [alias["versionTag"] for alias in champion["versionProperties"]["aliases"]] == ["champion"]
    assert champion["globalTags"]["tags"] == [{"tag": "urn:li:tag:mlflow_none"}]
    assert told[model_urn(ODD_MODEL, "1")]["versionProperties"]["aliases"] == []


def test_datasets_are_the_inputs_of_their_run_whatever_is_known_of_them(told: Told, filled: World) -> None:
    _, aspects = run_of(told, filled.trained)
    inputs = {edge["destinationUrn"] for edge in aspects["dataProcessInstanceInput"]["inputEdges"]}
    datasets = {
        name: f"urn:li:dataset:(urn:li:dataPlatform:mlflow,{name},PROD)"
        for name in ("hourly-prices", "without-schema", "in-code")
    }

    assert inputs == set(datasets.values()) == set(of_type(told, "dataset"))
    prices = told[datasets["hourly-prices"]]
    assert [field["fieldPath"] for field in prices["schemaMetadata"]["fields"]] == ["price"]
    assert [upstream["dataset"] for upstream in prices["upstreamLineage"]["upstreams"]] == [
        "urn:li:dataset:(urn:li:dataPlatform:s3,hourly-prices,PROD)"
    ]
    assert told[datasets["in-code"]]["datasetProperties"]["customProperties"]["schema"] == "not JSON"
    assert "schemaMetadata" not in told[datasets["without-schema"]]


def test_a_run_tells_how_it_ended_and_one_that_has_not_tells_nothing(told: Told, filled: World) -> None:
    _, trained = run_of(told, filled.trained)
    _, failed = run_of(told, filled.failed)
    running = [
        each
        for each in of_type(told, "dataProcessInstance").values()
        if each["dataProcessInstanceProperties"]["name"] == "still running"
    ]

    assert trained["dataProcessInstanceRunEvent"]["result"]["type"] == "SUCCESS"
    assert failed["dataProcessInstanceRunEvent"]["result"]["type"] == "FAILURE"
    assert ["dataProcessInstanceRunEvent" in each for each in running] == [False]


def test_a_second_run_tells_the_same_of_the_same_and_removes_nothing(ingestion: Ingestion, filled: World) -> None:
    assert ingestion.to_file().code == 0
    first = ingestion.told()
    second = ingestion.to_file()

    assert run_of(first, filled.trained)[1]
    assert ingestion.told() == first
    assert (second.code, second.result["removed"]) == (0, 0)
    assert {aspects["status"]["removed"] for aspects in first.values() if "status" in aspects} == {False}


def test_what_is_deleted_in_mlflow_is_removed_and_comes_back_with_its_return(
    ingestion: Ingestion, client: MlflowClient
) -> None:
    experiment = client.create_experiment("short-lived")
    run_id = client.create_run(experiment, run_name="deleted").info.run_id
    other = client.create_run(experiment, run_name="of a deleted experiment").info.run_id
    client.create_registered_model("deleted")
    client.create_model_version("deleted", f"runs:/{run_id}/model", run_id)
    assert ingestion.to_file().code == 0
    before = ingestion.told()
    container = run_of(before, run_id)[1]["container"]["container"]
    gone = {container, model_urn("deleted"), model_urn("deleted", "1"), run_of(before, run_id)[0]}
    gone.add(run_of(before, other)[0])

    client.delete_run(run_id)
    client.delete_registered_model("deleted")
    client.delete_experiment(experiment)
    outcome = ingestion.to_file()
    after = ingestion.told()

    assert outcome.result["removed"] == 3
    assert {urn for urn, aspects in after.items() if aspects.get("status") == {"removed": True}} == gone

    client.restore_experiment(experiment)
    client.restore_run(run_id)
    assert ingestion.to_file().code == 0
    assert {ingestion.told()[urn]["status"]["removed"] for urn in gone if "mlModel" not in urn} == {False}
    client.delete_experiment(experiment)


def test_a_version_outlives_its_run(ingestion: Ingestion, client: MlflowClient, filled: World) -> None:
    run_id = client.create_run(filled.experiment, run_name="deleted, and its model is not").info.run_id
    version = client.create_model_version(MODEL, f"runs:/{run_id}/model", run_id).version
    client.delete_run(run_id)
    outcome = ingestion.to_file()
    told = ingestion.told()
    client.delete_model_version(MODEL, str(version))

    assert outcome.code == 0
    assert told[model_urn(MODEL, str(version))]["mlModelProperties"]["trainingJobs"] == []


def test_runs_of_more_than_a_page_arrive_whole(ingestion: Ingestion, client: MlflowClient, server: Server) -> None:
    experiment = client.create_experiment("many")
    runs = [f"{number:032x}" for number in range(1100)]
    columns = "run_uuid, name, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id"
    values = "?, 'one of many', 'somebody', 'RUNNING', 1700000000000, 'active', 'mlflow-artifacts:/x', ?"
    with sqlite3.connect(server.folder / "mlflow.db") as database:
        rows = [(run, experiment) for run in runs]
        database.executemany(f"INSERT INTO runs ({columns}) VALUES ({values})", rows)  # noqa: S608 - of this test
        database.commit()
        outcome = ingestion.to_file()
        database.execute("DELETE FROM runs WHERE experiment_id = ?", (experiment,))
    client.delete_experiment(experiment)

    assert outcome.code == 0
    told = of_type(ingestion.told(), "dataProcessInstance").values()
    properties = [each["mlTrainingRunProperties"] for each in told if "mlTrainingRunProperties" in each]
    assert set(runs) <= {each["id"] for each in properties}


def test_the_image_has_the_client_that_is_tested_here(python: Path) -> None:
    lock = (INGESTION.source / "requirements.txt").read_text()

    assert "\nmlflow-skinny==2.20.4 " in lock
    assert any((python.parent.parent / "lib").glob("python3*/site-packages/mlflow_skinny-2.20.4.dist-info"))
