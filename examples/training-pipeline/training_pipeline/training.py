"""The first step: a model is trained, and all that it came from is logged with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import mlflow
import sklearn
from mlflow.entities import LoggedModelStatus
from mlflow.models import infer_signature
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from training_pipeline import data, judgement

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow_client import MLFlowClient

TASK = "train"
MODEL = "model"
"""What the model is called among those of its run."""
MOST_COMPONENTS = 30
"""The data has no more columns."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What there is to choose of a model."""

    components: int
    """How many principal components of the measurements it sees, from 1 to `MOST_COMPONENTS`."""
    regularization: float
    """`C` of `sklearn.linear_model.LogisticRegression`: the less, the simpler the model; more than 0."""


def train(client: MLFlowClient, settings: Settings) -> str:
    """Trains a model in a run of its own.

    A retry by DolphinScheduler goes on with the run of the last attempt, and has nothing left to do where that one got
    as far as the model.

    Returns:
        The run's id.
    """
    retried: Literal["new", "resume"] = "resume" if client.context.workflow_instance_id else "new"
    with client.start_run(TASK, tags={"task": TASK}, on_retry=retried) as run:
        run_id = str(run.info.run_id)
        if not models_of(client, run_id):
            _train(client, settings)
    return run_id


def models_of(client: MLFlowClient, run_id: str) -> list[LoggedModel]:
    """The models that a run has logged, without what an attempt that was killed has left half uploaded."""
    outputs = client.tracking.get_run(run_id).outputs
    logged = [client.tracking.get_logged_model(each.model_id) for each in outputs.model_outputs] if outputs else []
    return [model for model in logged if model.status == LoggedModelStatus.READY]


def _train(client: MLFlowClient, settings: Settings) -> None:
    parts = data.load()
    client.log_params(asdict(settings))
    mlflow.log_input(parts.training.dataset(), context="training")
    mlflow.log_input(parts.held_out.dataset(), context="evaluation")
    model = _model(settings).fit(parts.training.features, parts.training.target)
    for part, prefix in ((parts.training, "training"), (parts.held_out, "held_out")):
        measured = judgement.measure(part.target, model.predict_proba(part.features))
        client.log_metrics({f"{prefix}_{name}": value for name, value in measured.items()})
    example = parts.training.features.head(5)
    mlflow.sklearn.log_model(
        model,
        name=MODEL,
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(example, model.predict_proba(example)),
        input_example=example,
        # Given, since finding out takes MLflow longer than the training.
        pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
    )


def _model(settings: Settings) -> Pipeline:
    return make_pipeline(
        StandardScaler(),
        PCA(n_components=settings.components, svd_solver="full"),
        LogisticRegression(C=settings.regularization, max_iter=1000),
    )
