"""The plugin that keeps artifacts on the way through the server, mounted so that every MLflow image can use it."""

from __future__ import annotations

from pathlib import Path

from pulumi_kubernetes import core

from components.mlflow_server.pod import Mount
from components.mlflow_server.scope import Scope, name_of

PROXIED_SCHEME = "proxied-s3"
PLUGIN_DIR = "/etc/mlflow/plugin"
_MODULE = "proxied_s3"
_SOURCE = Path(__file__).with_name("plugin") / f"{_MODULE}.py"
_DISTRIBUTION = f"{_MODULE}-1.dist-info"
"""Python finds entry points in a directory of this form, anywhere on its path."""


def plugin_config_map(scope: Scope) -> core.v1.ConfigMap:
    """Make the ConfigMap with the plugin's source and the metadata by which MLflow discovers it."""
    return core.v1.ConfigMap(
        f"{scope.name}-plugin",
        metadata=scope.metadata(),
        immutable=True,
        data={
            f"{_MODULE}.py": _SOURCE.read_text(encoding="utf-8"),
            "METADATA": f"Metadata-Version: 2.1\nName: {_MODULE}\nVersion: 1\n",
            "entry_points.txt": (
                f"[mlflow.artifact_repository]\n{PROXIED_SCHEME} = {_MODULE}:ProxiedS3ArtifactRepository\n"
            ),
        },
        opts=scope.options(),
    )


def plugin_mount(config_map: core.v1.ConfigMap) -> Mount:
    """Mount the plugin as an installed distribution looks like."""
    paths = {
        f"{_MODULE}.py": f"{_MODULE}.py",
        "METADATA": f"{_DISTRIBUTION}/METADATA",
        "entry_points.txt": f"{_DISTRIBUTION}/entry_points.txt",
    }
    source = core.v1.ConfigMapVolumeSourceArgs(
        name=name_of(config_map.metadata),
        items=[core.v1.KeyToPathArgs(key=key, path=path) for key, path in paths.items()],
    )
    return Mount(volume=core.v1.VolumeArgs(name="plugin", config_map=source), path=PLUGIN_DIR)
