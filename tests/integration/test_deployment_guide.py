"""The deployment guide's proof that a new stack serves, on the platform."""

from __future__ import annotations

import mlflow
import pytest

from sandbox import stack
from tests import runbook
from tests.integration.stacks import Stack

pytestmark = pytest.mark.usefixtures("platform")
EXPERIMENT = "first"


def test_what_the_guide_logs_first_is_there() -> None:
    platform = Stack()
    (block,) = runbook.blocks("See that it serves", runbook.DEPLOYMENT)
    # What the guide asks of those whose authority is no public one.
    trust = {"REQUESTS_CA_BUNDLE": str(stack.CA_FILE)}

    runbook.run(block, environment={**platform.environment, "PULUMI_STACK": platform.name, **trust})

    client = mlflow.MlflowClient(platform.environment["MLFLOW_TRACKING_URI"])
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment
    (newest, *_) = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    assert newest.data.metrics == {"loss": 0.1}
