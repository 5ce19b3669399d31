"""How long the hourly ingestion into DataHub takes where there are many runs.

By the program and the packages of its image, on this machine, through the ingress, into DataHub's file sink: what a
DataHub itself takes is its own affair.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from minio import Minio
from mlflow import MlflowClient

from sandbox import network, processes, rehearsal, stack
from sandbox.ballast import Amount, Experiment, fill
from sandbox.benchmarks.figures import emit
from sandbox.images.programs import INGESTION
from sandbox.parts import minio
from sandbox.progress import Progress
from sandbox.toolchain import python_env

if TYPE_CHECKING:
    from pathlib import Path

AMOUNT = Amount(runs=10_000, objects=0, object_bytes=0)
GOAL_SECONDS = 3600
"""It is done every hour."""


def measure(folder: Path) -> None:
    """Fills the running sandbox and tells a file of everything, twice; `folder` is empty."""
    tracking_uri = stack.environment()["MLFLOW_TRACKING_URI"]
    client = MlflowClient(tracking_uri)
    made = client.get_experiment(client.create_experiment("bench-ingestion"))
    store = Minio(f"{network.NODE_ADDRESS}:{minio.PORT}")
    with rehearsal.database_administration("mlflow") as database:
        fill(database, store, "mlflow-artifacts", Experiment(made.experiment_id, made.artifact_location), AMOUNT)
    (folder / "recipe.yaml").write_text(json.dumps(_recipe(tracking_uri, folder)))
    python = python_env.ensure(Progress(), INGESTION.source / "requirements.txt")
    for which in ("first", "second"):
        result = json.loads(
            processes.output_of(
                [python, "-m", "mlflow_ingestion", f"--recipe={folder / 'recipe.yaml'}"],
                what="the ingestion",
                env=os.environ | network.without_proxy() | {"PYTHONPATH": str(INGESTION.source), "HOME": str(folder)},
                timeout=GOAL_SECONDS,
            )
        )
        emit(
            f"{which} ingestion of all runs",
            runs=result["entities"]["dataProcessInstance"],
            seconds=result["seconds"],
            records=result["records"],
            goal=GOAL_SECONDS,
        )


def _recipe(tracking_uri: str, folder: Path) -> dict[str, object]:
    state = {"type": "file", "config": {"filename": str(folder / "state.json")}}
    source = {
        "tracking_uri": tracking_uri,
        "base_external_url": tracking_uri,
        "stateful_ingestion": {"enabled": True, "state_provider": state},
    }
    return {
        "pipeline_name": "bench",
        "source": {"type": "mlflow_ingestion.source.PlatformSource", "config": source},
        "sink": {"type": "file", "config": {"filename": str(folder / "told.json")}},
    }
