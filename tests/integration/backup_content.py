"""What users have done on the platform that is backed up: runs, metrics, a model, and artifacts of every odd kind."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.integration.backup_stage import ARTIFACTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.backup_stage import Stage

LARGE = 20_000_000
SMALL = 40
_SCRIPT = """
import sys
from pathlib import Path
import mlflow

class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [2 * value for value in model_input]

folder, bucket = Path(sys.argv[1]), sys.argv[2]
experiment = mlflow.create_experiment("prices", artifact_location=f"s3://{bucket}/1")
mlflow.set_experiment(experiment_id=experiment)
for number in range(3):
    with mlflow.start_run(run_name=f"run {number}"):
        mlflow.log_params({"depth": number, "name": "größe"})
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        if number == 0:
            mlflow.log_artifacts(str(folder))
        if number == 1:
            mlflow.pyfunc.log_model(
                name="doubler", python_model=Doubler(), registered_model_name="doubler", pip_requirements=[]
            )
"""


def mlflow_environment(stage: Stage, database: str = "mlflow") -> dict[str, str]:
    """What MLflow is told to use the stage as the platform's server does."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PG", "AWS", "MLFLOW"))},
        "MLFLOW_TRACKING_URI": stage.uri(database),
        "MLFLOW_S3_ENDPOINT_URL": stage.endpoint,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(stage.folder / "key-server"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CA_BUNDLE": str(stage.store.authority),
        "PYTHONPATH": str(ROOT),
    }


def run_mlflow(stage: Stage, script: str, *arguments: str, database: str = "mlflow") -> str:
    """Run a script with MLflow in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=mlflow_environment(stage, database),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _artifacts(folder: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - content that is the same each time
    (folder / "empty").mkdir(parents=True)
    (folder / "empty" / "nothing.txt").touch()
    (folder / "Größe & Maß ⚖ 100%.txt").write_text("unicode, a space and a percent sign in the name")
    (folder / "large.bin").write_bytes(chance.randbytes(LARGE))
    for number in range(SMALL):
        (folder / f"small-{number}.bin").write_bytes(chance.randbytes(chance.randrange(1, 5000)))


@pytest.fixture(scope="module")
def filled(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage after some use."""
    folder = tmp_path_factory.mktemp("artifacts")
    _artifacts(folder)
    run_mlflow(stage, _SCRIPT, str(folder), ARTIFACTS)
    return stage


@pytest.fixture(scope="module")
def backup(filled: Stage) -> str:
    """The id of a backup of it."""
    return str(filled.succeed("create")["id"])
