"""The runbook's section on scaling: what it sets is a configuration of `prod` that holds, and arrives in its pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks import checks
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests import runbook
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

BLOCKS: list[dict[str, Any]] = [dict(runbook.settings(block)) for block in runbook.blocks("Scaling")]
PODS, AUTOSCALER, WORKERS = BLOCKS
LIMIT = "databaseConnectionLimit"


def deployment(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.called("mlflow-deployment").spec
    return spec


def connection_limit(recording: Recording) -> str:
    return str(recording.called("backend-role").inputs["connectionLimit"])


def test_more_pods_are_what_the_deployment_asks_for(deployed: Deploy) -> None:
    made = deployed("prod", **PODS)

    assert str(deployment(made)["replicas"]) == PODS["replicas"]
    assert connection_limit(made) == PODS[LIMIT]
    assert made.of_type("HorizontalPodAutoscaler") == []


def test_the_autoscaler_has_the_bounds_and_the_mark_that_are_set(deployed: Deploy) -> None:
    made = deployed("prod", **AUTOSCALER)
    spec = made.one("HorizontalPodAutoscaler").spec

    assert (str(spec["minReplicas"]), str(spec["maxReplicas"])) == ("2", AUTOSCALER["maxReplicas"])
    (metric,) = spec["metrics"]
    assert str(metric["resource"]["target"]["averageUtilization"]) == AUTOSCALER["autoscaleCpuPercent"]
    assert spec["scaleTargetRef"]["name"] == made.called("mlflow-deployment").metadata["name"]
    assert "replicas" not in deployment(made)
    assert connection_limit(made) == AUTOSCALER[LIMIT]


def test_more_workers_get_the_memory_that_is_set_and_the_alert_follows(deployed: Deploy) -> None:
    made = deployed("prod", **WORKERS)
    (server,) = deployment(made)["template"]["spec"]["containers"]
    rules = [rule for group in made.one("PrometheusRule").spec["groups"] for rule in group["rules"]]
    (memory,) = [rule["expr"] for rule in rules if rule.get("alert") == "MLFlowHighMemory"]

    assert made.called("mlflow-settings").inputs["data"]["MLFLOW_WORKERS"] == WORKERS["workers"]
    assert server["resources"]["limits"] == {"cpu": WORKERS["cpuLimit"], "memory": WORKERS["memoryLimit"]}
    assert connection_limit(made) == WORKERS[LIMIT]
    assert str(checks.amount(WORKERS["alertMemory"])) in memory


@pytest.mark.parametrize("block", BLOCKS, ids=["pods", "autoscaler", "workers"])
def test_the_connections_that_a_block_allows_are_those_that_an_update_would_ask_for(
    block: dict[str, Any], tmp_path: Path
) -> None:
    without: dict[str, Any] = {key: value for key, value in block.items() if key != LIMIT}
    with pytest.raises(ConfigError, match=rf"{LIMIT}: .* raise it to {block[LIMIT]} \("):
        load_settings(stack_files.reader("prod", tmp_path, **without))


@pytest.mark.parametrize("block", ["kubectl scale\npulumi up", "pulumi config set replicas 3"], ids=["other", "none"])
def test_a_block_with_another_command_is_noticed(block: str) -> None:
    with pytest.raises(AssertionError):
        runbook.settings(block)
