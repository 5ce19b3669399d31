"""The rules, judged by promtool, and the runbook that they lead to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi
import pytest

from components.contracts import MetricsEndpoint
from components.labels import Labels
from components.monitoring.alerting import prometheus_rule
from components.monitoring.args import MonitoringArgs
from components.monitoring.rules import AlertName, Severity
from components.scope import Scope
from tests.unit import engine, stack_files
from tests.unit.alerts import contract, promtool
from tests.unit.alerts.cases import CASES
from tests.unit.alerts.environments import DEV, DRILL, ENVIRONMENTS, OTHER_THRESHOLDS, PROD, RUNBOOK
from tests.unit.alerts.world import HEALTHY

if TYPE_CHECKING:
    from pathlib import Path

    from components.monitoring.rules import Alert
    from tests.unit.alerts.environments import Environment
    from tests.unit.alerts.promtool import Case

WHOLE = re.split(r"^## ", (stack_files.ROOT / "docs" / "runbook.md").read_text(), flags=re.MULTILINE)[1:]
SECTIONS, TASKS = WHOLE[: len(AlertName)], WHOLE[len(AlertName) :]
PARTS = ("Cause", "Check", "Cure")
every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda each: each.name)


@every_environment
def test_promtool_has_nothing_to_say_against_the_rules(environment: Environment, tmp_path: Path) -> None:
    assert promtool.check(environment, tmp_path) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert.value}: {case.sentence}")
def test_an_alert_fires_when_it_should_and_only_then(case: Case, tmp_path: Path) -> None:
    assert promtool.run(case, tmp_path) == ""


@pytest.mark.parametrize("name", AlertName)
def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(name: AlertName) -> None:
    assert {bool(case.fires) for case in CASES if case.alert is name} == {True, False}


def test_every_rule_fires_in_some_case() -> None:
    def fires(rule: Alert) -> bool:
        own = [case for case in CASES if case.alert.value == rule.name]
        return any(firing.matches(rule) for case in own for firing in case.fires)

    assert [(rule.name, rule.labels) for rule in PROD.alerts if not fires(rule)] == []


def test_nothing_fires_or_is_about_to_while_all_is_well(tmp_path: Path) -> None:
    assert promtool.active(HEALTHY, 240, {}, tmp_path) == ""


def test_where_there_are_no_series_only_what_watches_for_them_fires(tmp_path: Path) -> None:
    # The gateway, the exporter, kube-state-metrics and the kubelet.
    targets = 4
    expected = {
        AlertName.POD_DOWN: 1,
        AlertName.CANARY_MISSING: 1,
        AlertName.TARGET_MISSING: targets,
        AlertName.BACKUP_UNWATCHED: 1,
    }

    assert promtool.active({}, 10, expected, tmp_path) == ""


def test_a_healthy_world_has_every_series_that_a_rule_reads() -> None:
    read = {name for group in PROD.groups for rule in group.rules for name in contract.referred(rule.expr)}
    unnamed = {"mlflow_http_request_duration_seconds_bucket"}

    assert read - {name.partition("{")[0] for name in HEALTHY} - {each.record for each in PROD.recordings} <= unnamed


@every_environment
def test_rules_read_nothing_but_what_is_provided_or_recorded_before(environment: Environment) -> None:
    for group in environment.groups:
        known = set(contract.PROVIDED)
        for rule in group.rules:
            assert contract.referred(rule.expr) <= known
            if rule in environment.recordings:
                known.add(rule.rule()["record"])


@every_environment
def test_recorded_names_say_level_metric_and_operations(environment: Environment) -> None:
    for rule in environment.recordings:
        assert re.fullmatch(r"namespace(_step)?(_quantile)?:mlflow_[a-z_]+:[a-z_0-9]+", rule.record)


@every_environment
def test_every_alert_says_how_urgent_it_is_what_it_is_and_what_to_do(environment: Environment) -> None:
    for alert in environment.alerts:
        assert alert.labels["severity"] in {"critical", "warning", "info"}
        assert alert.labels["namespace"] == "data-platform"
        assert re.fullmatch(r"[A-Z][^{}]+\.", alert.summary), "a static sentence"
        assert "{{ $labels." in alert.description or "{{ $value" in alert.description
        assert alert.runbook_url == f"{RUNBOOK}#{alert.name.lower()}"


@every_environment
def test_alerts_that_are_not_the_same_have_labels_that_are_not_the_same(environment: Environment) -> None:
    told = [(alert.name, *sorted(alert.labels.items())) for alert in environment.alerts]

    assert len(set(told)) == len(told)


def test_the_agreed_alerts_are_all_there() -> None:
    assert {alert.name for alert in PROD.alerts} == {name.value for name in AlertName}


def test_without_access_https_drills_and_the_log_nothing_watches_for_them() -> None:
    missing = {name.value for name in AlertName} - {alert.name for alert in DEV.alerts}

    assert missing == {
        "MLFlowGatewayRefusingUnusually",
        "MLFlowGatewayKeysStale",
        "MLFlowCertificateExpiry",
        "MLFlowBackupDrillTooOld",
        "MLFlowBackupDrillFailed",
        "MLFlowPointInTimeBehind",
        "MLFlowPointInTimeSlotGrowing",
    }
    assert "envoy" not in str(DEV.file())
    assert "pitr" not in str(DEV.file())


def test_without_backups_or_without_an_exporter_no_alert_waits_for_them() -> None:
    without_backups = replace(PROD, settings=replace(PROD.settings, backups=None))
    jobs = tuple(job for job in PROD.watched.jobs if job != "mlflow-exporter")
    without_exporter = replace(PROD, watched=replace(PROD.watched, jobs=jobs))

    for environment in (without_backups, without_exporter):
        assert "backup" not in str(environment.file()).lower()
    assert {alert.name for alert in PROD.alerts} - {alert.name for alert in without_backups.alerts} == {
        name.value for name in AlertName if name.value.startswith(("MLFlowBackup", "MLFlowPointInTime"))
    }


def test_without_a_canary_there_is_no_alert_that_only_it_could_raise() -> None:
    jobs = tuple(job for job in PROD.watched.jobs if job != "mlflow-canary")
    alerts = replace(PROD, watched=replace(PROD.watched, jobs=jobs, public_tls=False)).alerts

    missing = {name.value for name in AlertName} - {alert.name for alert in alerts}

    assert missing == {
        "MLFlowCanaryMissing",
        "MLFlowArtifactFailed",
        "MLFlowLatencyBudgetBurn",
        "MLFlowCertificateExpiry",
    }


def test_where_nothing_is_collected_there_is_no_alert_about_it() -> None:
    alerts = replace(PROD, watched=replace(PROD.watched, garbage_collection=False)).alerts

    assert {name.value for name in AlertName} - {alert.name for alert in alerts} == {"MLFlowGarbageCollectionFailed"}


def test_where_no_datahub_is_told_there_is_no_alert_about_it() -> None:
    alerts = replace(PROD, watched=replace(PROD.watched, metadata_ingestion=False)).alerts

    assert {name.value for name in AlertName} - {alert.name for alert in alerts} == {
        "MLFlowIngestionTooOld",
        "MLFlowIngestionFailed",
    }


def test_a_drill_shortens_every_wait_and_window_and_changes_no_name() -> None:
    usual, quick = (environment.alerts for environment in (PROD, DRILL))

    assert [alert.name for alert in usual] == [alert.name for alert in quick]
    assert [alert.hold_seconds / 5 for alert in usual] == [alert.hold_seconds for alert in quick]
    assert [rule.record for rule in PROD.recordings] == [rule.record for rule in DRILL.recordings]
    assert "[5m]" not in str(DRILL.file())


def test_a_severity_of_the_settings_holds_for_every_rule_of_the_alert() -> None:
    settings = replace(PROD.settings, severities={AlertName.AVAILABILITY_BUDGET_BURN: Severity.INFO})
    alerts = replace(PROD, settings=settings).alerts

    assert {each.labels["severity"] for each in alerts if each.name == "MLFlowAvailabilityBudgetBurn"} == {"info"}
    assert {each.labels["severity"] for each in alerts if each.name == "MLFlowDatabaseError"} == {"critical"}


def test_thresholds_of_the_settings_reach_the_rules() -> None:
    rules = str(replace(PROD, settings=OTHER_THRESHOLDS).file())

    for part in ("> 123", "14.4 * 0.01", "14.4 * 0.05", 'le=~"10(.0)?"', "> 0.5", f"< {3 * 86_400}", "> 7"):
        assert part in rules
    for part in ("> 7200", "> 3600", "> 111", "> 222", "the allowed 2h"):
        assert part in rules
    for part in ("> 480", "the allowed 8m", f"> {3 * 2**30}", "more than 3 GiB"):
        assert part in rules


def test_the_runbook_has_a_section_for_every_alert_and_then_one_for_every_task() -> None:
    assert [section.splitlines()[0] for section in SECTIONS] == [name.value for name in AlertName]
    assert [section.splitlines()[0] for section in TASKS] == [
        "Daily operations",
        "Backups",
        "Restoring a backup",
        "Disaster recovery",
        "Scaling",
        "Maintenance windows",
        "Rotating credentials",
    ]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_a_section_of_the_runbook_tells_cause_check_and_cure(section: str) -> None:
    assert tuple(re.findall(r"^\*\*(\w+)\.\*\*", section, flags=re.MULTILINE)) == PARTS
    assert re.search(r"\*\*Check\.\*\*.*```sh\n.+```.*\*\*Cure", section, flags=re.DOTALL), "a command to check it by"


def test_the_object_that_holds_the_rules_is_found_like_the_monitors() -> None:
    def program() -> None:
        args = MonitoringArgs(
            namespace="data-platform",
            server=MetricsEndpoint(job="mlflow", selector={}, port="http", path="/metrics"),
            others=(),
            rules=PROD.groups,
            scrape_seconds=30,
            discovery_labels={"release": "kube-prometheus-stack"},
        )
        parent = pulumi.ComponentResource("test:monitoring:Parent", "monitoring")
        labels = Labels(instance="monitoring", component="monitoring")
        prometheus_rule(Scope(name="monitoring", args=args, labels=labels, parent=parent), PROD.groups)

    made = engine.run(program).one(":PrometheusRule")

    assert (made.name, made.metadata["name"]) == ("monitoring-prometheus-rule", "mlflow")
    assert made.metadata["namespace"] == "data-platform"
    assert made.metadata["labels"]["release"] == "kube-prometheus-stack"
    assert made.spec == PROD.file()
