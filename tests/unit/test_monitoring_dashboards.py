"""The dashboards as ConfigMaps."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from components.monitoring.rules import BackupRuleArgs
from stacks.platform import deploy
from stacks.settings import load_settings
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

MOST_BYTES = 100_000
"""An object may have a mebibyte; a tenth of it leaves room for what others add, and for a look with kubectl."""
SDK = "grafana_foundation_sdk"


def config_maps(recording: Recording) -> list[Registration]:
    return [each for each in recording.of_type("core/v1:ConfigMap") if "-dashboard-" in each.name]


def test_production_has_one_config_map_a_dashboard_which_a_stock_sidecar_finds(prod: Recording) -> None:
    made = {each.metadata["name"]: each for each in config_maps(prod)}

    assert set(made) == {
        "mlflow-dashboard-service-health",
        "mlflow-dashboard-errors-and-latency",
        "mlflow-dashboard-resource-use",
        "mlflow-dashboard-experiment-tracking",
        "mlflow-dashboard-model-registry",
        "mlflow-dashboard-backups",
    }
    for each in made.values():
        assert each.metadata["labels"]["grafana_dashboard"] == "1"
        assert each.metadata["labels"]["app.kubernetes.io/part-of"] == "mlflow-platform"
        assert each.metadata["annotations"]["grafana_folder"] == "MLflow"
        assert each.metadata["namespace"] == "data-platform"


def test_files_of_different_dashboards_do_not_meet_in_the_sidecars_folder(prod: Recording) -> None:
    files = [name for each in config_maps(prod) for name in each.inputs["data"]]

    assert len(set(files)) == len(files)
    assert all(name.startswith("mlflow-") and name.endswith(".json") for name in files)


def test_a_config_map_holds_a_dashboard_and_stays_far_below_what_kubernetes_allows(prod: Recording) -> None:
    for each in config_maps(prod):
        (content,) = each.inputs["data"].values()
        assert json.loads(content)["uid"] == each.metadata["name"].replace("-dashboard", "")
        assert len(content.encode()) < MOST_BYTES


def test_label_and_folder_are_those_of_the_configuration(deployed: Deploy) -> None:
    made = deployed("prod", dashboardLabel="example.com/dashboard", dashboardLabelValue="yes", dashboardFolder="")

    for each in config_maps(made):
        assert each.metadata["labels"]["example.com/dashboard"] == "yes"
        assert "grafana_folder" not in each.metadata["annotations"]


def test_they_show_the_thresholds_of_the_alerts_and_what_the_stack_has(deployed: Deploy) -> None:
    made = deployed("prod", alertMemory="1900M", exporter=False, backup=False)

    names = [each.metadata["name"] for each in config_maps(made)]
    contents = "".join(content for each in config_maps(made) for content in each.inputs["data"].values())
    assert "mlflow-dashboard-model-registry" not in names
    assert "1900000000" in contents
    assert "mlflow_bucket_bytes" not in contents
    assert "envoy_" in contents


def test_a_stack_with_backups_has_their_rules_and_their_page(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path))
    assert settings.monitoring
    assert settings.monitoring.alerts
    alerts = replace(settings.monitoring.alerts, backups=BackupRuleArgs())
    with_backups = replace(settings, monitoring=replace(settings.monitoring, alerts=alerts))
    made = engine.run(lambda: deploy(with_backups), stack="prod")

    assert "mlflow-dashboard-backups" in {each.metadata["name"] for each in config_maps(made)}
    assert "mlflow-backups" in {group["name"] for group in made.one(":PrometheusRule").spec["groups"]}


def test_there_are_none_unless_they_are_wanted(dev: Recording) -> None:
    assert config_maps(dev) == []


def test_who_wants_none_does_not_wait_for_grafanas_sdk() -> None:
    code = f"import sys, stacks.platform; print('{SDK}' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=stack_files.ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
