"""The rules as an object: where the Prometheus operator finds what to record and when to alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.custom_resource import custom_resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_kubernetes import apiextensions

    from components.monitoring.args import MonitoringScope
    from components.monitoring.rules import Group

_NAME = "mlflow"


def prometheus_rule(scope: MonitoringScope, groups: Sequence[Group]) -> apiextensions.CustomResource:
    """Make the PrometheusRule; Prometheus selects it by the same labels as the monitors."""
    spec = {"groups": [group.manifest() for group in groups]}
    return custom_resource(scope, "PrometheusRule", "prometheus-rule", _NAME, spec)
