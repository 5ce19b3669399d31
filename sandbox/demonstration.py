"""An experiment to look at: what some days of work on a model leave in MLflow, the same each time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

if TYPE_CHECKING:
    from mlflow.entities import Run

EXPERIMENT = "hourly-load-forecast"
MODEL = "load-forecaster"
_STEPS = 40
_SETTINGS = (
    ("linear", 0.3, 1),
    ("forest-shallow", 0.2, 4),
    ("forest-deep", 0.2, 9),
    ("boosting-slow", 0.05, 5),
    ("boosting", 0.1, 5),
    ("boosting-deep", 0.1, 8),
)
"""Name, learning rate and depth of each run."""


def log(tracking_uri: str) -> list[Run]:
    """Logs the experiment, unless it is there, and returns its runs, the best one first."""
    client = MlflowClient(tracking_uri)
    known = client.get_experiment_by_name(EXPERIMENT)
    experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT)
    if known is None:
        for name, rate, depth in _SETTINGS:
            _log_run(client, experiment, name, rate, depth)
    runs = list(client.search_runs([experiment], order_by=["metrics.mae ASC"]))
    if known is None:
        best = runs[0].info
        client.create_registered_model(MODEL)
        client.create_model_version(MODEL, source=f"{best.artifact_uri}/model", run_id=best.run_id)
    return runs


def _log_run(client: MlflowClient, experiment: str, name: str, rate: float, depth: int) -> None:
    run = client.create_run(experiment, run_name=name, tags={"mlflow.user": "ada", "mlflow.source.name": "train.py"})
    started = run.info.start_time
    floor = 4.0 / (1 + depth)
    losses = [floor + 6 * math.exp(-rate * step / 2) for step in range(_STEPS)]
    client.log_batch(
        run.info.run_id,
        metrics=[
            *(Metric("loss", value, started + 1000 * step, step) for step, value in enumerate(losses)),
            Metric("mae", losses[-1] / 2, started, 0),
            Metric("r2", 1 - losses[-1] / 20, started, 0),
        ],
        params=[Param("learning_rate", str(rate)), Param("max_depth", str(depth)), Param("horizon", "24h")],
        tags=[RunTag("dataset", "hourly-prices")],
    )
    client.set_terminated(run.info.run_id)
