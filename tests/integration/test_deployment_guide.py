"""The deployment guide on the engine and on the platform: what it configures is kept, and what it tries serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import pytest

from sandbox import stack
from tests import runbook
from tests.integration.engine_alone import EngineAlone
from tests.integration.stacks import Stack
from tests.typed_commands import TYPED
from tests.unit.guides.deployment import GIVEN, OPTIONS, PUBLIC_KEY, blocks, commands

if TYPE_CHECKING:
    from pathlib import Path

EXPERIMENT = "first"


@pytest.mark.usefixtures("platform")
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


def test_the_engine_keeps_what_the_guide_configures(tmp_path: Path) -> None:
    (tmp_path / "typed").mkdir()
    asked = commands("The stack", *OPTIONS, folder=tmp_path / "typed")
    engine = EngineAlone.in_folder(tmp_path)
    lines = [line for title in ("The stack", *OPTIONS) for block in blocks(title) for line in block.splitlines()]
    configuring = [line for line in lines if "pulumi config set " in line]

    engine.type("pulumi stack init mine --secrets-provider passphrase", GIVEN, *configuring, answers=TYPED)

    kept = {key.partition(":")[2]: value for key, value in engine.stack_file("mine").items()}
    assert {key for key, value in kept.items() if isinstance(value, dict) and "secure" in value} == asked.secrets
    assert {key: value for key, value in kept.items() if key not in asked.secrets} == {
        key: [PUBLIC_KEY] if key == "backupRecipients" else value
        for key, value in asked.config.items()
        if key not in asked.secrets
    }
