"""The rules as an object: where the Prometheus operator finds what to record and when to alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import apiextensions

from components.metadata import object_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.monitoring.args import MonitoringScope
    from components.monitoring.rules import Group

_NAME = "mlflow"


def prometheus_rule(scope: MonitoringScope, groups: Sequence[Group]) -> apiextensions.CustomResource:
    """Make the PrometheusRule; Prometheus selects it by the same labels as the monitors."""
    labels = {**scope.args.discovery_labels, **scope.labels.all}
    return apiextensions.CustomResource(
        f"{scope.name}-prometheus-rule",
        api_version="monitoring.coreos.com/v1",
        kind="PrometheusRule",
        metadata=object_metadata(labels, name=_NAME, namespace=scope.args.namespace),
        spec={"groups": [group.manifest() for group in groups]},
        opts=scope.options(),
    )
