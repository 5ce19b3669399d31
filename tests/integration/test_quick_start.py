"""The first steps that the README tells of, taken on the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import pytest

from tests import runbook
from tests.integration.cluster import wait_until_rolled_out
from tests.integration.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("platform")
FIRST_STEPS, _ = runbook.blocks("First steps", runbook.README)


@pytest.fixture
def shell() -> Iterator[dict[str, str]]:
    """The environment of somebody who has just opened a shell; what they configure is taken back."""
    platform = Stack()
    yield dict(platform.environment)
    platform.succeed("config", "rm", "replicas")
    platform.up()
    wait_until_rolled_out()


def test_the_first_steps_log_a_run_and_leave_one_pod(shell: dict[str, str]) -> None:
    runbook.run(FIRST_STEPS, environment=shell)

    client = mlflow.MlflowClient(shell["MLFLOW_TRACKING_URI"])
    experiment = client.get_experiment_by_name("first")
    assert experiment
    (newest, *_) = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    assert newest.data.metrics == {"loss": 0.1}
    assert Stack().succeed("config", "get", "replicas").strip() == "1"
