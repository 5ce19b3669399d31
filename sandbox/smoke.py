"""What a user does first, done by the real client through the ingress: the proof that `make up` ends with."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

from sandbox.errors import SandboxError

EXPERIMENT = "smoke-test"
ARTIFACT_BYTES = 1024 * 1024


def log_a_run(tracking_uri: str) -> str:
    """Logs a run with parameters, metrics and an artifact, reads all of it back, and registers a model.

    Returns:
        The address of the run in the user interface.

    Raises:
        SandboxError: what was read back differs from what was written.
    """
    # Slow to import, and it reads its settings from the environment at that moment.
    os.environ["MLFLOW_TRACKING_URI"] = tracking_uri
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
    import mlflow  # noqa: PLC0415 - see above

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
        received = Path(
            mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="data/payload.bin", dst_path=folder)
        )
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
    return f"{tracking_uri}/#/experiments/{experiment.experiment_id}/runs/{run_id}"
