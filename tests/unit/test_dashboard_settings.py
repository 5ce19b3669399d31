from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.dashboard_settings import DashboardSettings, read_dashboards
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT
from tests.unit.stack_files import the_problem

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.config_reader import ConfigReader

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("dashboards", "maybe", "'maybe' is neither true nor false"),
    ("dashboardLabel", "", "is empty; the sidecar of a stock kube-prometheus-stack looks for grafana_dashboard"),
    ("dashboardLabel", "grafana dashboard", "has a key that is not letters, digits and inner hyphens"),
    ("dashboardLabel", "Grafana_com/dashboard", "has a key whose prefix is not a DNS name"),
    ("dashboardLabel", "app.kubernetes.io/part-of", "is a label that every object has already"),
    ("dashboardLabelValue", "", "has no value"),
    ("dashboardLabelValue", "yes!", "has a value that is not letters, digits"),
    ("dashboardFolder", "../plugins", "is not letters, digits and inner spaces"),
    ("dashboardFolder", "MLflow ", "is not letters, digits and inner spaces"),
    ("dashboardFolder", "M" * 64, "is not letters, digits and inner spaces"),
]


def given(directory: Path, **values: Any) -> ConfigReader:
    return stack_files.reader("prod", directory, **values)


def read(reader: ConfigReader, *, monitored: bool = True, alerts: bool = True) -> DashboardSettings | None:
    return read_dashboards(reader, monitored=monitored, alerts=alerts)


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path) -> None:
    reader = given(tmp_path, **{key: value})
    read(reader)

    assert the_problem(reader).startswith(f"{PROJECT}:{key}: ")
    assert what in the_problem(reader)
    assert ". Fix: pulumi config set" in the_problem(reader)


def test_without_a_label_the_message_says_what_would_happen(tmp_path: Path) -> None:
    reader = given(tmp_path, dashboardLabel="")
    read(reader)

    assert "; Grafana would not find the dashboards. " in the_problem(reader)


def test_the_values_reach_the_settings(tmp_path: Path) -> None:
    reader = given(
        tmp_path, dashboardLabel="example.com/dashboard", dashboardLabelValue="yes", dashboardFolder="Data platform"
    )

    assert read(reader) == DashboardSettings(label="example.com/dashboard", label_value="yes", folder="Data platform")


def test_the_defaults_are_those_of_a_stock_sidecar(tmp_path: Path) -> None:
    assert read(given(tmp_path)) == DashboardSettings(label="grafana_dashboard", label_value="1", folder="MLflow")


def test_an_empty_folder_leaves_the_choice_to_grafana(tmp_path: Path) -> None:
    settings = read(given(tmp_path, dashboardFolder=""))

    assert settings
    assert settings.folder is None


def test_dashboards_without_monitoring_are_refused_with_both_cures(tmp_path: Path) -> None:
    reader = given(tmp_path)
    read(reader, monitored=False, alerts=False)

    assert the_problem(reader) == (
        f"{PROJECT}:dashboards: is true, and monitoring is false; every panel would stay empty. "
        "Fix: pulumi config set monitoring true, or pulumi config set dashboards false"
    )


def test_dashboards_without_alerts_are_refused_with_both_cures(tmp_path: Path) -> None:
    reader = given(tmp_path)
    read(reader, alerts=False)

    assert the_problem(reader) == (
        f"{PROJECT}:dashboards: is true, and alerts is false; most panels would stay empty, since the rules record "
        "what they show. Fix: pulumi config set alerts true, or pulumi config set dashboards false"
    )


@pytest.mark.parametrize("key", ["monitoring", "alerts"])
def test_a_mistyped_flag_is_told_once(key: str, tmp_path: Path) -> None:
    reader = given(tmp_path, **{key: "yes"})
    with pytest.raises(Exception, match="1 configuration value needs attention"):
        load_settings(reader)

    assert the_problem(reader).startswith(f"{PROJECT}:{key}: ")


def test_where_no_dashboards_are_wanted_a_bad_value_is_told_all_the_same(tmp_path: Path) -> None:
    reader = given(tmp_path, dashboards=False, dashboardLabel="")

    assert read(reader) is None
    assert the_problem(reader).startswith(f"{PROJECT}:dashboardLabel: ")
