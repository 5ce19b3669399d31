"""What a user does first, done by the real client through the ingress: the proof that `make up` ends with."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import uuid
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EXPERIMENT = "smoke-test"
ARTIFACT = "data/payload.bin"
ARTIFACT_BYTES = 1024 * 1024


def find_a_run(tracking_uri: str) -> str | None:
    """The address of the last run that this test logged, once its artifact could be read, or None if there is none.

    Raises:
        SandboxError: the server does not answer, or has lost the artifact.
    """
    with _failure_told():
        return _find_a_run(tracking_uri)


def _find_a_run(tracking_uri: str) -> str | None:
    mlflow = _client_library(tracking_uri)
    runs = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string="attributes.status = 'FINISHED'",
        max_results=1,
        output_format="list",
    )
    if not runs:
        return None
    info = runs[0].info
    with tempfile.TemporaryDirectory() as folder:
        mlflow.artifacts.download_artifacts(run_id=info.run_id, artifact_path=ARTIFACT, dst_path=folder)
    return _address(tracking_uri, info.experiment_id, info.run_id)


def log_a_run(tracking_uri: str) -> str:
    """Logs a run with parameters, metrics and an artifact, reads all of it back, and registers a model.

    Returns:
        The address of the run in the user interface.

    Raises:
        SandboxError: the server refused something, or what was read back differs from what was written.
    """
    # The client library prints links of its own; standard output belongs to whoever called the command.
    with _failure_told(), redirect_stdout(sys.stderr):
        return _log_a_run(tracking_uri)


def _log_a_run(tracking_uri: str) -> str:
    mlflow = _client_library(tracking_uri)
    client = mlflow.MlflowClient()
    experiment = mlflow.set_experiment(EXPERIMENT)
    model_name = f"smoke-test-{uuid.uuid4().hex[:8]}"
    payload = os.urandom(ARTIFACT_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / "payload.bin"
        sent.write_bytes(payload)
        with mlflow.start_run() as run:
            mlflow.log_params({"learning_rate": 0.1, "depth": 3})
            mlflow.log_metrics({"loss": 0.5}, step=1)
            mlflow.log_metrics({"loss": 0.25}, step=2)
            mlflow.log_artifact(str(sent), "data")
        run_id = run.info.run_id
        client.create_registered_model(model_name)
        client.create_model_version(model_name, source=f"{run.info.artifact_uri}/data", run_id=run_id)
        received = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=ARTIFACT, dst_path=folder))
        same_bytes = received.read_bytes() == payload
    stored = client.get_run(run_id).data
    losses = [metric.value for metric in client.get_metric_history(run_id, "loss")]
    versions = client.search_model_versions(f"name = '{model_name}'")
    checks = {
        "the artifact's bytes": same_bytes,
        "the parameters": stored.params == {"learning_rate": "0.1", "depth": "3"},
        "the metric's history": losses == [0.5, 0.25],
        "the model's version": [version.run_id for version in versions] == [run_id],
    }
    client.delete_registered_model(model_name)
    wrong = [what for what, right in checks.items() if not right]
    if wrong:
        raise SandboxError(f"the smoke test read back something else than it wrote: {', '.join(wrong)}")
    return _address(tracking_uri, experiment.experiment_id, run_id)


@contextmanager
def _failure_told() -> Iterator[None]:
    """Turns whatever the client raises (its own errors, those of its HTTP library) into one message."""
    try:
        yield
    except SandboxError:
        raise
    except Exception as error:
        raise SandboxError(
            f"the smoke test failed: {type(error).__name__}: {error}",
            "look at `kubectl -n data-platform get pods` and `kubectl -n data-platform logs deploy/mlflow`",
        ) from error


def _client_library(tracking_uri: str) -> ModuleType:
    # Slow to import, and it reads its settings from the environment at that moment.
    os.environ["MLFLOW_TRACKING_URI"] = tracking_uri
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
    return importlib.import_module("mlflow")


def _address(tracking_uri: str, experiment_id: str, run_id: str) -> str:
    return f"{tracking_uri}/#/experiments/{experiment_id}/runs/{run_id}"
