"""What Alertmanager has of an alert, and whom it told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.monitoring_stack import ALERTMANAGER_URL
from sandbox.parts import alert_receiver
from tests.integration.cluster import wait_for
from tests.rehearsal import prometheus


def at_alertmanager() -> list[dict[str, Any]]:
    """Every alert that fires, as Alertmanager has it."""
    found: list[dict[str, Any]] = _get(f"{ALERTMANAGER_URL}/api/v2/alerts?active=true")
    return found


def received(status: str, name: str, *, since: float) -> bool:
    """Whether somebody was told that an alert fires, or is resolved, since a moment in Unix time."""
    return any(
        alert["status"] == status and alert["labels"]["alertname"] == name
        for notification in _get(alert_receiver.URL)
        if notification["received"] >= since
        for alert in notification["alerts"]
    )


def having(alerts: list[dict[str, Any]], labels: dict[str, str]) -> list[dict[str, Any]]:
    """Those with all of these labels."""
    return [alert for alert in alerts if labels.items() <= alert["labels"].items()]


def unix_time(text: str) -> float:
    """Seconds of an RFC 3339 time, of which Go writes nine digits and Python reads six."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    return moment.timestamp() + float(f"0.{fraction or 0}")


def wait_until_nothing_fires(*, but: frozenset[str] = frozenset(), timeout: float = 240.0) -> None:
    """Waits until no alert is on its way either: one that is left would be taken for the next fault's.

    Args:
        but: Names of alerts that may.
        timeout: Seconds.
    """

    def left() -> set[str]:
        return {alert["labels"]["alertname"] for alert in prometheus.alerts() + at_alertmanager()} - but

    wait_for(lambda: not left(), "the last alert to go", timeout, found=left)


def arrival(labels: dict[str, str], timeout: float) -> float:
    """Waits for an alert and returns the Unix time at which Alertmanager was first seen to have it."""
    wait_for(
        lambda: bool(having(at_alertmanager(), labels)),
        f"Alertmanager to have {labels}",
        timeout,
        found=lambda: [alert["labels"] | {"state": alert["state"]} for alert in prometheus.alerts()],
    )
    return time.time()


def _get(url: str) -> Any:
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.get(url).raise_for_status().json()
