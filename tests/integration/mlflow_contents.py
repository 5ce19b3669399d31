"""What people keep in MLflow: written by one client, read back by any. A script, for the Python of MLflow 2.10 on.

`mlflow_contents.py write URI` fills an empty server, `more` adds to it, and `read` prints all that is in it, as JSON in
which equal contents are equal.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType

STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
STEPS = 60
ODD = (math.nan, math.inf, -math.inf, 0.0, -1.5, 1e-308)
STAGES = ("None", "Staging", "Production", "Archived")


def main() -> None:
    action, uri = sys.argv[1:]
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    if action == "write":
        write(client)
    elif action == "more":
        more(client)
    else:
        sys.stdout.write(json.dumps(read(client), sort_keys=True, indent=1))


def write(client: MlflowClient) -> None:
    kept = client.create_experiment("kept", tags={"mlflow.note.content": "für alle\nzwei Zeilen"})
    dropped = client.create_experiment("dropped")
    renamed = client.create_experiment("first name")
    client.rename_experiment(renamed, "second name")
    parent = client.create_run(kept, run_name="parent").info.run_id
    for number, status in enumerate(STATUSES * 4):
        add_run(client, (kept, dropped, renamed)[number % 3], parent, number, status)
    gone = client.create_run(kept, run_name="deleted").info.run_id
    client.log_metric(gone, "loss", 1.0)
    client.delete_run(gone)
    client.delete_experiment(dropped)
    add_models(client, parent)


def more(client: MlflowClient) -> None:
    experiment = client.create_experiment("later")
    run_id = client.create_run(experiment, run_name="first of them").info.run_id
    add_run(client, experiment, run_id, len(STATUSES), "FINISHED")
    client.create_registered_model("later")
    client.create_model_version("later", "mlflow-artifacts:/later", run_id)


def add_run(client: MlflowClient, experiment: str, parent: str, number: int, status: str) -> None:
    tags = {"mlflow.parentRunId": parent, "mlflow.source.name": "train.py", "umlaut": "ä", "empty": ""}
    run = client.create_run(experiment, start_time=1_700_000_000_000 + number, tags=tags, run_name=f"run {number}")
    run_id = run.info.run_id
    metrics = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(STEPS)]
    metrics += [Metric("odd", value, 1_700_000_000_000, step) for step, value in enumerate(ODD, start=-2)]
    metrics += [Metric("same step", float(value), 1_700_000_000_000 + value, 7) for value in range(3)]
    params = [Param("depth", str(number)), Param("long", "x" * 500), Param("sign/with.dots", "ja")]
    client.log_batch(run_id, metrics=metrics, params=params, tags=[RunTag("later", "yes")])
    dataset = from_numpy(np.arange(6).reshape(3, 2), name=f"numbers {number % 4}")
    given = Dataset(**json.loads(dataset.to_json()))
    client.log_inputs(run_id, [DatasetInput(given, [InputTag("mlflow.data.context", "training")])])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plots" / "deep").mkdir(parents=True)
        (folder / "notes.txt").write_text(f"Notizen über Lauf {number}\n")
        (folder / "plots" / "deep" / "weights.bin").write_bytes(hashlib.sha256(run_id.encode()).digest() * 4096)
        client.log_artifacts(run_id, name)
    client.set_terminated(run_id, status, end_time=1_700_000_100_000 + number)


def add_models(client: MlflowClient, run_id: str) -> None:
    client.create_registered_model("forest", tags={"team": "a"}, description="Bäume")
    client.create_registered_model("empty")
    client.create_registered_model("before")
    client.rename_registered_model("before", "after")
    for number, stage in enumerate(STAGES, start=1):
        source = f"mlflow-artifacts:/model/{number}"
        client.create_model_version(
            "forest", source, run_id, tags={"number": str(number)}, description=f"version {number}"
        )
        client.transition_model_version_stage("forest", str(number), stage)
    client.set_registered_model_alias("forest", "champion", "3")
    client.set_registered_model_alias("forest", "challenger", "2")
    client.create_model_version("after", "mlflow-artifacts:/other", run_id)
    client.create_model_version("after", "mlflow-artifacts:/other", run_id)
    client.delete_model_version("after", "1")


def read(client: MlflowClient) -> dict[str, Any]:
    experiments = client.search_experiments(view_type=ViewType.ALL)
    runs = client.search_runs([each.experiment_id for each in experiments], run_view_type=ViewType.ALL)
    return {
        "experiments": {each.experiment_id: experiment(each) for each in experiments},
        "runs": {each.info.run_id: run(client, each) for each in runs},
        "models": {each.name: model(each) for each in client.search_registered_models()},
        "versions": {f"{each.name} {each.version}": version(each) for each in client.search_model_versions()},
        "champion": version(client.get_model_version_by_alias("forest", "champion")),
    }


def experiment(each: Any) -> dict[str, Any]:
    return {
        **picked(each, "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time"),
        "tags": dict(each.tags),
    }


def run(client: MlflowClient, each: Any) -> dict[str, Any]:
    names = ("run_name", "experiment_id", "user_id", "status", "start_time", "end_time", "lifecycle_stage")
    histories = {key: client.get_metric_history(each.info.run_id, key) for key in each.data.metrics}
    return {
        **picked(each.info, *names, "artifact_uri"),
        "params": dict(each.data.params),
        "tags": dict(each.data.tags),
        "metrics": {key: str(value) for key, value in each.data.metrics.items()},
        "histories": {
            key: sorted((point.step, point.timestamp, str(point.value)) for point in points)
            for key, points in histories.items()
        },
        "inputs": [
            {
                **picked(entry.dataset, "name", "digest", "source_type", "source", "schema", "profile"),
                "tags": {tag.key: tag.value for tag in entry.tags},
            }
            for entry in each.inputs.dataset_inputs
        ],
        "artifacts": artifacts(client, each.info.run_id),
    }


def artifacts(client: MlflowClient, run_id: str, below: str | None = None) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in client.list_artifacts(run_id, below):
        if each.is_dir:
            found |= artifacts(client, run_id, each.path)
            continue
        with tempfile.TemporaryDirectory() as folder:
            content = Path(client.download_artifacts(run_id, each.path, folder)).read_bytes()
        found[each.path] = hashlib.sha256(content).hexdigest()
    return found


def model(each: Any) -> dict[str, Any]:
    return {
        **picked(each, "description", "creation_timestamp", "last_updated_timestamp"),
        "tags": dict(each.tags),
        "aliases": {alias: str(number) for alias, number in each.aliases.items()},
        "latest": sorted((latest.current_stage, str(latest.version)) for latest in each.latest_versions),
    }


def version(each: Any) -> dict[str, Any]:
    names = ("current_stage", "source", "run_id", "status", "description", "creation_timestamp", "user_id", "run_link")
    return {**picked(each, *names), "tags": dict(each.tags), "aliases": sorted(each.aliases)}


def picked(each: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(each, name) for name in names}


if __name__ == "__main__":
    main()
