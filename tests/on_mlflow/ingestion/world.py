"""What MLflow holds before it is told of: every kind of thing, and of each something odd."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCHEDULER = {
    "dolphin.project": "market data: €/MWh",
    "dolphin.workflow_definition": "nightly",
    "dolphin.workflow_instance_id": "4711",
    "dolphin.task_instance_id": "4712",
}
"""As a scheduler's library tags a run."""
MODEL = "price forecast"
ODD_MODEL = "it's (a,b) %"
SCHEMA = {"mlflow_colspec": [{"type": "double", "name": "price", "required": True}]}


@dataclass(frozen=True)
class World:
    """Ids of what was made."""

    experiment: str
    trained: str
    """A run with all that one can have."""
    failed: str


def fill(client: MlflowClient) -> World:
    """Make it."""
    experiment = client.create_experiment("prices", tags={"team": "trading"})
    client.set_experiment_tag(experiment, "mlflow.note.content", "What the market does next.")
    trained = client.create_run(experiment, run_name="train", tags=SCHEDULER).info.run_id
    client.log_batch(trained, [Metric("rmse", 1.25, 1, 0)], [Param("depth", "7")], [RunTag("note", "two\nlines")])
    client.log_inputs(
        trained,
        [
            _input("hourly-prices", "s3", json.dumps({"uri": "s3://market/prices"}), json.dumps(SCHEMA)),
            _input("without-schema", "http", json.dumps({"url": "https://example.com/x.csv"}), None),
            _input("in-code", "code", json.dumps({"tags": {}}), "not JSON"),
        ],
    )
    client.set_terminated(trained)
    failed = client.create_run(experiment, run_name="broken").info.run_id
    client.set_terminated(failed, "FAILED")
    client.create_run(experiment, run_name="still running")
    for model in (MODEL, ODD_MODEL):
        client.create_registered_model(model, tags={"owner": "quants"}, description="Tomorrow's price.")
    client.create_model_version(MODEL, f"runs:/{trained}/model", trained, tags={"approved": "yes"})
    client.create_model_version(ODD_MODEL, f"runs:/{trained}/model", trained)
    client.create_model_version(ODD_MODEL, "s3://elsewhere/model")
    client.set_registered_model_alias(MODEL, "champion", "1")
    return World(experiment=experiment, trained=trained, failed=failed)


def _input(name: str, kind: str, source: str, schema: str | None) -> DatasetInput:
    dataset = Dataset(name=name, digest="0", source_type=kind, source=source, schema=schema)
    return DatasetInput(dataset=dataset, tags=[InputTag("mlflow.data.context", "training")])
