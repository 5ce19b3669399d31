"""Objects that the Prometheus operator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi_kubernetes import apiextensions

from components.metadata import object_metadata

if TYPE_CHECKING:
    from components.monitoring.args import MonitoringScope

_API = "monitoring.coreos.com/v1"


def custom_resource(
    scope: MonitoringScope, kind: str, suffix: str, name: str, spec: dict[str, Any]
) -> apiextensions.CustomResource:
    """Make an object of a kind, with the labels by which Prometheus selects monitors and rules."""
    labels = {**scope.args.discovery_labels, **scope.labels.all}
    return apiextensions.CustomResource(
        f"{scope.name}-{suffix}",
        api_version=_API,
        kind=kind,
        metadata=object_metadata(labels, name=name, namespace=scope.args.namespace),
        spec=spec,
        opts=scope.options(),
    )
