"""What Prometheus, as a stock kube-prometheus-stack would run it, knows of the platform."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.monitoring_stack import PROMETHEUS_URL


def series(query: str) -> list[dict[str, Any]]:
    """The current result of a query."""
    found: list[dict[str, Any]] = _api("query", query=query)["result"]
    return found


def targets() -> dict[str, list[dict[str, Any]]]:
    """Every target that is scraped, by its job."""
    by_job: dict[str, list[dict[str, Any]]] = {}
    for target in _api("targets", state="active")["activeTargets"]:
        by_job.setdefault(target["labels"]["job"], []).append(target)
    return by_job


def rules() -> list[dict[str, Any]]:
    """Every rule of the platform, with its health and, for an alert, its state."""
    return [rule for group in _api("rules")["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Every alert that is pending or fires, with its labels and since when its expression has been true."""
    found: list[dict[str, Any]] = _api("alerts")["alerts"]
    return found


def _api(path: str, **parameters: str) -> dict[str, Any]:
    with httpx.Client(base_url=PROMETHEUS_URL, trust_env=False, timeout=30) as client:
        data: dict[str, Any] = client.get(f"/api/v1/{path}", params=parameters).raise_for_status().json()["data"]
    return data
