from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.monitoring.rules import (
    SAMPLES_OF_A_WINDOW,
    SHORTEST_WINDOW_SECONDS,
    AlertName,
    AlertSettings,
    BackupRuleArgs,
    Severity,
)
from stacks.alert_settings import read_alerts
from stacks.server_settings import read_resources
from tests.unit import stack_files
from tests.unit.engine import PROJECT
from tests.unit.stack_files import the_problem

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.config_reader import ConfigReader

DECLARED: dict[str, Any] = {
    "alerts": True,
    "alertMemory": "2G",
    "availabilityObjective": "99.5",
    "latencyObjective": "99",
    "latencySeconds": "2.5",
    "certificateDays": 21,
    "alertPatience": 100,
    "alertBackupAge": 3,
    "alertBackupVerifyAge": 26,
    "alertBackupDrillAge": 8,
    "alertSeverities": {},
    "runbookUrl": "https://git.example.org/platform/docs/runbook.md",
}
BAD_VALUES: list[tuple[str, Any, str]] = [
    ("alerts", "maybe", "is neither true nor false"),
    ("alertMemory", "2 GB", "is not a Kubernetes quantity above 0"),
    ("alertMemory", "1Gi", "'1Gi' is not above memoryRequest (1Gi)"),
    ("alertMemory", "2Gi", "'2Gi' is not below memoryLimit (2Gi)"),
    ("availabilityObjective", "0.995", "'0.995' is not a percentage from 95 to 99.9"),
    ("availabilityObjective", "100", "'100' is not a percentage from 95 to 99.9"),
    ("availabilityObjective", "NaN", "'NaN' is not a percentage from 95 to 99.9"),
    ("availabilityObjective", "high", "'high' is not a percentage from 95 to 99.9"),
    ("latencyObjective", "90", "'90' is not a percentage from 95 to 99.9"),
    ("latencySeconds", "2", "'2' is not one of 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30"),
    ("certificateDays", 2, "is not a whole number from 3 to 60"),
    ("certificateDays", 90, "is not a whole number from 3 to 60"),
    ("alertPatience", 0, "is not a whole number from 1 to 1000"),
    ("alertPatience", "10%", "is not a whole number from 1 to 1000"),
    ("alertBackupAge", 0, "is not a whole number from 1 to 168"),
    ("alertBackupAge", 169, "is not a whole number from 1 to 168"),
    ("alertBackupAge", "3h", "is not a whole number from 1 to 168"),
    ("alertBackupVerifyAge", 0, "is not a whole number from 1 to 744"),
    ("alertBackupVerifyAge", 745, "is not a whole number from 1 to 744"),
    ("alertBackupDrillAge", "weekly", "is not a whole number from 1 to 366"),
    ("alertBackupDrillAge", 367, "is not a whole number from 1 to 366"),
    ("alertSeverities", ["critical"], "is not a mapping"),
    ("alertSeverities", {"MLFlowPodDown": "urgent"}, "'urgent' is not one of critical, warning, info"),
    ("alertSeverities", {"MLFlowPodDown": ["critical"]}, "is not one of critical, warning, info"),
    ("alertSeverities", {"MLFlowPodsDown": "critical"}, "is not the name of an alert"),
    ("runbookUrl", "", "is not set"),
    ("runbookUrl", "docs/runbook.md", "is not of the form https://HOST/PATH"),
    ("runbookUrl", "http://example.org/runbook", "is not of the form https://HOST/PATH"),
    ("runbookUrl", "https://example.org", "is not of the form https://HOST/PATH"),
    ("runbookUrl", "https://example.org:port/runbook", "has a port that is none"),
    ("runbookUrl", "https://example.org/runbook#mlflow", "has more than scheme, host, port and path"),
    ("runbookUrl", "https://ada@example.org/runbook", "has more than scheme, host, port and path"),
]


def given(directory: Path, **values: Any) -> ConfigReader:
    return stack_files.reader("prod", directory, **{**DECLARED, **values})


def read(
    reader: ConfigReader, *, monitored: bool = True, scrape: int = 30, canary: int | None = 60, **there: bool
) -> AlertSettings | None:
    return read_alerts(
        reader,
        monitored=monitored,
        resources=read_resources(reader),
        scrape_seconds=scrape,
        canary_seconds=canary,
        **there,
    )


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path) -> None:
    reader = given(tmp_path, **{key: value})
    read(reader)

    assert the_problem(reader).startswith(f"{PROJECT}:{key}: ")
    assert what in the_problem(reader)
    assert ". Fix: " in the_problem(reader)


@pytest.mark.parametrize(
    ("scrape", "canary", "key"), [(76, 60, "scrapeInterval"), (30, 76, "canaryInterval"), (90, None, "scrapeInterval")]
)
def test_an_interval_that_the_shortest_window_cannot_judge_by_is_refused(
    scrape: int, canary: int | None, key: str, tmp_path: Path
) -> None:
    reader = given(tmp_path)
    read(reader, scrape=scrape, canary=canary)

    assert the_problem(reader).startswith(f"{PROJECT}:{key}: '{max(scrape, canary or 0)}' is too long")
    assert "look at 300 s at the least" in the_problem(reader)


def test_a_drill_too_quick_for_the_canary_is_refused_with_the_least_patience(tmp_path: Path) -> None:
    reader = given(tmp_path, alertPatience=10)
    read(reader, scrape=5, canary=10)
    assert "Fix: pulumi config set alertPatience 14, or lower canaryInterval" in the_problem(reader)

    reader = given(tmp_path, alertPatience=14)
    assert read(reader, scrape=5, canary=10)
    assert reader.problems == []


def test_the_close_name_of_an_alert_is_proposed(tmp_path: Path) -> None:
    reader = given(tmp_path, alertSeverities={"MLFlowPodsDown": "critical"})
    read(reader)

    assert "did you mean MLFlowPodDown?" in the_problem(reader)


def test_what_the_values_say_is_what_the_rules_get(tmp_path: Path) -> None:
    reader = given(
        tmp_path,
        alertMemory="1900M",
        availabilityObjective="99.9",
        latencyObjective="95",
        latencySeconds="10",
        certificateDays=14,
        alertPatience=250,
        alertSeverities={"MLFlowHighMemory": "info"},
    )

    assert read(reader) == AlertSettings(
        runbook_url=DECLARED["runbookUrl"],
        memory_bytes=1_900_000_000,
        availability_objective=0.999,
        latency_objective=0.95,
        latency_seconds=10,
        certificate_days=14,
        patience=2.5,
        severities={AlertName.HIGH_MEMORY: Severity.INFO},
    )
    assert reader.problems == []


def test_the_declared_values_are_those_of_the_rules_themselves(tmp_path: Path) -> None:
    assert read(given(tmp_path)) == AlertSettings(runbook_url=DECLARED["runbookUrl"])


def test_where_there_are_backups_their_ages_reach_the_rules_in_seconds(tmp_path: Path) -> None:
    given_ages = {"alertBackupAge": 2, "alertBackupVerifyAge": 30, "alertBackupDrillAge": 9}
    settings = read(given(tmp_path, **given_ages), backups=True, drill=True)

    assert settings
    assert settings.backups == BackupRuleArgs(
        max_age_seconds=7_200, verify_max_age_seconds=108_000, drill_max_age_seconds=777_600
    )


def test_where_the_log_is_shipped_too_the_rules_watch_it(tmp_path: Path) -> None:
    settings = read(given(tmp_path), backups=True, point_in_time=True)

    assert settings
    assert settings.backups == BackupRuleArgs(point_in_time=True)


def test_the_declared_ages_of_backups_are_those_of_the_rules_themselves(tmp_path: Path) -> None:
    settings = read(given(tmp_path), backups=True)

    assert settings
    assert settings.backups == BackupRuleArgs()


def test_backups_that_alerts_cannot_hear_of_are_refused_with_both_cures(tmp_path: Path) -> None:
    reader = given(tmp_path)
    read(reader, backups=True, exporter=False)

    assert the_problem(reader) == (
        f"{PROJECT}:exporter: is false, but there are backups and alerts; the alerts about backups would have no "
        "numbers: nobody would be told when one fails or is missing. "
        "Fix: pulumi config set exporter true, or pulumi config set alerts false"
    )


@pytest.mark.parametrize(
    ("alerts", "monitored", "backups"), [(False, True, True), (True, False, True), (True, True, False)]
)
def test_without_alerts_or_backups_no_exporter_is_needed(
    tmp_path: Path, *, alerts: bool, monitored: bool, backups: bool
) -> None:
    reader = given(tmp_path, alerts=alerts)
    read(reader, monitored=monitored, backups=backups, exporter=False)

    assert reader.problems == []


def test_a_mistyped_exporter_is_not_told_again_as_one_that_is_missing(tmp_path: Path) -> None:
    reader = given(tmp_path)
    reader.report("exporter", "'maybe' is neither true nor false", "it would be unclear")
    read(reader, backups=True, exporter=False)

    assert "'maybe' is neither true nor false" in the_problem(reader)


def test_an_interval_of_which_the_shortest_window_holds_just_enough_is_short_enough(tmp_path: Path) -> None:
    longest = SHORTEST_WINDOW_SECONDS // SAMPLES_OF_A_WINDOW
    reader = given(tmp_path)

    assert read(reader, scrape=longest, canary=longest)
    assert reader.problems == []


@pytest.mark.parametrize(("alerts", "monitored"), [(False, True), (True, False)])
def test_without_alerts_nothing_has_to_fit_and_no_page_is_needed(
    tmp_path: Path, *, alerts: bool, monitored: bool
) -> None:
    reader = given(tmp_path, alerts=alerts, runbookUrl="", memoryRequest="3Gi", memoryLimit="4Gi")

    assert read(reader, monitored=monitored, scrape=120) is None
    assert reader.problems == []


def test_without_alerts_a_wrong_value_is_reported_all_the_same(tmp_path: Path) -> None:
    reader = given(tmp_path, alerts=False, latencySeconds="2")

    assert read(reader) is None
    assert "latencySeconds: '2' is not one of" in the_problem(reader)
