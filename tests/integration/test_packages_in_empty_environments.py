"""Each package of `integrations`, installed by pip into an empty environment, and its README's first example.

The package for clients outside has its example in the rehearsal, where there is an edge to pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import mlflow
import pytest

from sandbox import paths
from tests import guides, runbook
from tests.client_package import DOLPHINSCHEDULER, SERVICE_CATALOG
from tests.integration.stacks import Stack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.full]

EXPERIMENT = "my_experiment"
"""Of the example."""
HERE = f'pulumi() {{ command pulumi --cwd "{paths.CLONE}" "$@"; }}'
"""The command knows the project wherever the shell is."""


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell whose Python has nothing but pip."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    platform = Stack()
    path = f"{tmp_path / 'empty' / 'bin'}:{platform.environment['PATH']}"
    return {**platform.environment, "PATH": path, "PULUMI_STACK": platform.name, "MLFLOW_DISABLE_TELEMETRY": "true"}


def test_a_task_logs_its_first_run(shell: dict[str, str], tmp_path: Path) -> None:
    (install, *_) = guides.blocks(DOLPHINSCHEDULER / "README.md", "sh")
    (example, *_) = guides.blocks(DOLPHINSCHEDULER / "README.md", "python")
    client = mlflow.MlflowClient(shell["MLFLOW_TRACKING_URI"])
    (tmp_path / "task.py").write_text(example)

    runbook.run(install, f"pip install mlflow-skinny=={mlflow.__version__}", environment=shell)
    runbook.run("python task.py", environment=shell, folder=tmp_path)

    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment
    try:
        (run,) = client.search_runs([experiment.experiment_id])
        assert (run.info.run_name, run.info.status) == ("nightly", "FINISHED")
        assert run.data.params == {"rate": "0.1", "depth": "3"}
        assert [metric.value for metric in client.get_metric_history(run.info.run_id, "loss")] == [1, 1 / 2, 1 / 3]
        assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["labels.json"]
    finally:
        client.rename_experiment(experiment.experiment_id, f"{EXPERIMENT} {experiment.experiment_id}")
        client.delete_experiment(experiment.experiment_id)


def test_a_portal_gets_its_first_entry(shell: dict[str, str], tmp_path: Path) -> None:
    install, merge, *_ = guides.blocks(SERVICE_CATALOG / "README.md", "sh")
    services = tmp_path / "portal" / "services.json"
    services.parent.mkdir()
    services.write_text("[]\n")

    runbook.run(install, environment=shell)
    told = runbook.run(HERE, merge, environment=shell, folder=tmp_path)

    assert told == f"portal/services.json: mlflow-platform.{Stack().name} added\n"
    (entry,) = json.loads(services.read_text())
    assert entry["url"] == json.loads(Stack().succeed("stack", "output", "catalogEntry", "--json"))["url"]
