"""The plugin that keeps artifacts on the way through the server, mounted so that every MLflow image can use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.immutable import config_map
from components.mounts import Mount, config_map_mount

if TYPE_CHECKING:
    from pulumi_kubernetes import core

    from components.mlflow_server.args import ServerScope

PROXIED_SCHEME = "proxied-s3"
PLUGIN_DIR = "/etc/mlflow/plugin"
_MODULE = "proxied_s3"
_SOURCE = Path(__file__).with_name("plugin") / f"{_MODULE}.py"
_DISTRIBUTION = f"{_MODULE}-1.dist-info"
"""Python finds entry points in a directory of this form, anywhere on its path."""


def plugin_config_map(scope: ServerScope) -> core.v1.ConfigMap:
    """Make the ConfigMap with the plugin's source and the metadata by which MLflow discovers it."""
    entry_point = f"{PROXIED_SCHEME} = {_MODULE}:ProxiedS3ArtifactRepository"
    distribution = {
        f"{_MODULE}.py": _SOURCE.read_text(encoding="utf-8"),
        "METADATA": f"Metadata-Version: 2.1\nName: {_MODULE}\nVersion: 1\n",
        "entry_points.txt": f"[mlflow.artifact_repository]\n{entry_point}\n",
    }
    return config_map(scope, "plugin", distribution)


def plugin_mount(plugin: core.v1.ConfigMap) -> Mount:
    """Mount the plugin as an installed distribution looks like."""
    paths = {
        f"{_MODULE}.py": f"{_MODULE}.py",
        "METADATA": f"{_DISTRIBUTION}/METADATA",
        "entry_points.txt": f"{_DISTRIBUTION}/entry_points.txt",
    }
    return config_map_mount("plugin", plugin, PLUGIN_DIR, paths)
