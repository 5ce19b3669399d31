"""Prometheus and Alertmanager as they are in the first minute of a new cluster."""

from __future__ import annotations

from sandbox.monitoring_stack import NAMESPACE, RELEASE, MonitoringStack
from tests.integration.cluster import kubectl

PODS = tuple(f"{name}-{RELEASE}-{name}-0" for name in ("prometheus", "alertmanager"))
"""As the operator names them."""


def forget_the_past() -> None:
    """Takes their memory from them, which goes with their pods.

    The rehearsal before the drills takes servers and gateway down, and the budgets that this burns would be told of
    for hours.
    """
    kubectl("delete", "pod", f"--namespace={NAMESPACE}", *PODS, timeout=200)
    MonitoringStack(kubectl, images={}).wait()
