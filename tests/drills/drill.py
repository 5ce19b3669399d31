"""A fault drill: a fault is made, the alert for it has to come, and to go when the fault is cured."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from sandbox.layers import OUTPUT
from tests.drills import alertmanager
from tests.drills.alertmanager import having, unix_time
from tests.integration.cluster import NAMESPACE, wait_for
from tests.rehearsal.prometheus import alerts, rules
from tests.runbook import anchors

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from components.monitoring.rules import AlertName, Severity

SCRAPE_SECONDS = 5
NOTICED_SECONDS = 360.0
"""Bounds a drill whose fault nobody notices; far above what any takes."""
REPORT = OUTPUT / "drills.jsonl"


def drill(fault: AbstractContextManager[object], name: AlertName, severity: Severity, **labels: str) -> None:
    """Makes a fault, expects its alert within its `for` and two scrapes, cures the fault and expects it to resolve.

    How long a fault takes to show in the numbers is a matter of the alert's windows: the report tells, nothing asserts.

    Args:
        fault: Made on entering, cured on leaving.
        name: Of the alert.
        severity: That it has to carry.
        labels: Further ones.
    """
    wanted = {"alertname": name.value, "severity": severity.value, "namespace": NAMESPACE, **labels}
    hold = _hold_seconds(wanted)
    begun = time.time()
    with fault:
        made = time.time()
        noticed: list[float] = []

        def pending() -> bool:
            found = having(alerts(), wanted)
            noticed[:] = [min(unix_time(alert["activeAt"]) for alert in found)] if found else []
            return bool(found)

        wait_for(pending, f"Prometheus to notice what {wanted} is for", NOTICED_SECONDS)
        arrived = alertmanager.arrival(wanted, hold + NOTICED_SECONDS)
        _well_described(wanted)
        wait_for(lambda: alertmanager.received("firing", name.value, since=begun), "somebody to be told of the fault")
        curing = time.time()
    cured = time.time()
    wait_for(lambda: not having(alertmanager.at_alertmanager(), wanted), f"{wanted} to resolve", hold + NOTICED_SECONDS)
    resolved = time.time()
    wait_for(lambda: alertmanager.received("resolved", name.value, since=curing), "somebody to be told of the cure")

    held = arrived - noticed[0]
    _report(wanted, noticed=noticed[0] - made, hold=hold, held=held, resolved=resolved - cured)
    assert held <= hold + 2 * SCRAPE_SECONDS, f"{wanted} came {held:.1f} s after it was noticed; its `for` is {hold} s"


def _hold_seconds(wanted: dict[str, str]) -> float:
    own = wanted.items() - {("alertname", wanted["alertname"])}
    # Labels of the rule itself; what the expression adds is not known before it fires.
    found = [
        rule
        for rule in rules()
        if rule["name"] == wanted["alertname"] and all(rule["labels"].get(key, value) == value for key, value in own)
    ]
    assert len(found) == 1, f"{len(found)} rules are for {wanted}"
    return float(found[0]["duration"])


def _well_described(wanted: dict[str, str]) -> None:
    (alert, *_) = having(alertmanager.at_alertmanager(), wanted)
    assert alert["annotations"].keys() >= {"summary", "description", "runbook_url"}
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert page.endswith("/runbook.md")
    assert anchor in anchors()


def _report(wanted: dict[str, str], **seconds: float) -> None:
    OUTPUT.mkdir(exist_ok=True)
    line = json.dumps({"alert": wanted, **{f"{name}_seconds": round(value, 1) for name, value in seconds.items()}})
    with REPORT.open("a") as report:
        report.write(line + "\n")
    print(line)
