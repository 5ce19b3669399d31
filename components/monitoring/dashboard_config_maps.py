"""The dashboards as objects: ConfigMaps that the sidecar of a stock Grafana copies into its folder of dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_kubernetes import core

from components.metadata import object_metadata

if TYPE_CHECKING:
    from components.monitoring.args import DashboardArgs, MonitoringScope

_FOLDER = "grafana_folder"
"""Annotation by which the sidecar chooses a folder, where its `folderAnnotation` says so."""


def dashboard_config_maps(scope: MonitoringScope, dashboards: DashboardArgs) -> list[core.v1.ConfigMap]:
    """Make one ConfigMap a dashboard: an update shows which one changes, and each is far below a mebibyte."""
    return [_config_map(scope, dashboards, name, content) for name, content in dashboards.files.items()]


def _config_map(scope: MonitoringScope, dashboards: DashboardArgs, name: str, content: str) -> core.v1.ConfigMap:
    return core.v1.ConfigMap(
        f"{scope.name}-dashboard-{name}",
        metadata=object_metadata(
            {dashboards.label: dashboards.label_value, **scope.labels.all},
            name=f"mlflow-dashboard-{name}",
            namespace=scope.args.namespace,
            annotations={_FOLDER: dashboards.folder} if dashboards.folder else {},
        ),
        # The sidecar puts the files of all ConfigMaps into one folder.
        data={f"mlflow-{name}.json": content},
        opts=scope.options(),
    )
