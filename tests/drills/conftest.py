"""Drills on the rehearsed production, with its alerts in a hurry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from components.monitoring.rules import AlertName
from sandbox import rehearsal, stack
from sandbox.private_files import write_private
from tests.drills import alertmanager, monitoring
from tests.drills.drill import REPORT, SCRAPE_SECONDS
from tests.integration import cluster
from tests.integration.load import Load, Target
from tests.rehearsal import backups
from tests.rehearsal.conftest import HOST, configure, machine_headers, service_tokens
from tests.rehearsal.prometheus import rules, series

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

HURRY = {
    "scrapeInterval": SCRAPE_SECONDS,
    "canaryInterval": 10,
    # The shortest window still holds four rounds of the canary.
    "alertPatience": 14,
    "exporterDatabaseInterval": SCRAPE_SECONDS,
    # Between what a pod of the server uses by itself and what its container may use.
    "alertMemory": "1500M",
    # Backups are made when a drill says so, and the hurry makes none too old.
    "backupSchedule": "0 0 1 1 *",
    "alertBackupAge": 168,
}
HURRIED_FOR = {"MLFlowPodDown": 8.0}
"""By which the new rules are told from the old ones."""
LOOKING_BACK = frozenset({AlertName.AVAILABILITY_BUDGET_BURN.value, AlertName.LATENCY_BUDGET_BURN.value})
"""They tell of the faults that were, for hours after them."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        firing = "\n".join(str(alert["labels"]) for alert in alertmanager.at_alertmanager())
        report.sections.append(("what fires", firing))
        report.sections.append(("the platform at that moment", cluster.situation()))
    return report


@pytest.fixture(scope="session", autouse=True)
def hurry() -> Iterator[None]:
    """Windows and waiting times are scaled down by configuration for as long as the drills last."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.unlink(missing_ok=True)
    before = rehearsal.FILE.read_text()
    configure(**HURRY)
    rehearsal.pulumi("up", "--yes", "--skip-preview")
    cluster.wait_for(_rules_are_hurried, "Prometheus to read the hurried rules")
    backups.run_what_never_ran()
    monitoring.forget_the_past()
    yield
    write_private(rehearsal.FILE, before)
    rehearsal.pulumi("up", "--yes", "--skip-preview", "--refresh")


@pytest.fixture(autouse=True)
def healthy() -> Iterator[None]:
    """Nothing fires, and all that watches has something to tell."""
    cluster.wait_until_rolled_out()
    rounds = 'increase(mlflow_canary_rounds_total{job="mlflow-canary"}[40s]) > 2'
    cluster.wait_for(lambda: bool(series(rounds)), "the canary to go its rounds", 180)
    alertmanager.wait_until_nothing_fires(but=LOOKING_BACK)
    yield
    cluster.wait_until_rolled_out()


@pytest.fixture
def load() -> Iterator[Load]:
    """Clients outside, who come through the edge with a token."""
    (token, *_) = service_tokens().values()
    with Load(Target(f"https://{HOST}", headers=machine_headers(token), trusted=str(stack.CA_FILE))) as clients:
        yield clients


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Somebody who reads through the edge, with a token."""
    (token, *_) = service_tokens().values()
    headers, address = machine_headers(token), f"https://{HOST}"
    with httpx.Client(
        base_url=address, headers=headers, verify=str(stack.CA_FILE), trust_env=False, timeout=60
    ) as reader:
        yield reader


def _rules_are_hurried() -> bool:
    found = {rule["name"]: rule["duration"] for rule in rules() if rule["labels"].get("pods") == "none"}
    return found == HURRIED_FOR
