"""Prometheus and Alertmanager as they are in the first minute of a new cluster."""

from __future__ import annotations

from sandbox import monitoring_stack
from sandbox.parts.part import answers
from tests.integration.cluster import kubectl, wait_for

STATEFUL_SETS = tuple(f"{name}-{monitoring_stack.RELEASE}-{name}" for name in ("prometheus", "alertmanager"))
"""As the operator names them."""


def forget_the_past() -> None:
    """Takes their memory from them, which goes with their pods.

    The rehearsal before the drills takes servers and gateway down, and the budgets that this burns would be told of
    for hours.
    """
    there = f"--namespace={monitoring_stack.NAMESPACE}"
    kubectl("delete", "pod", there, *(f"{name}-0" for name in STATEFUL_SETS), timeout=200)
    for name in STATEFUL_SETS:
        kubectl("rollout", "status", f"statefulset/{name}", there, "--timeout=180s", timeout=200)
    for url in (monitoring_stack.PROMETHEUS_URL, monitoring_stack.ALERTMANAGER_URL):
        wait_for(lambda url=url: answers(f"{url}/-/ready"), f"{url} to answer")  # type: ignore[misc]
