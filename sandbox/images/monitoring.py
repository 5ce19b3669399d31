"""The images of the monitoring stack: each executable is where the official image has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.images.binary import build_binary_image
from sandbox.toolchain import go_modules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.images.store import BuiltImage

FOLDER = "/bin"
"""The operator starts `/bin/prometheus-config-reloader` by that path, and the others by their images' entry point."""
VERSIONS = {
    "prometheus-operator": go_modules.PROMETHEUS_OPERATOR_VERSION,
    "prometheus-config-reloader": go_modules.PROMETHEUS_OPERATOR_VERSION,
    "prometheus": go_modules.PROMETHEUS_VERSION,
    "alertmanager": go_modules.ALERTMANAGER_VERSION,
    "kube-state-metrics": go_modules.KUBE_STATE_METRICS_VERSION,
}
"""By the name of the image and of its executable."""


def build_monitoring_images(programs: Mapping[str, Path], *, cache: Path) -> dict[str, BuiltImage]:
    """Wraps the executables, or finds the images that were built from them before.

    Args:
        programs: the toolchain's executables by name.
        cache: the user's cache folder of the project.

    Raises:
        SandboxError: an executable is not there, or the cache cannot be written.
    """
    return {
        name: build_binary_image(name, version, programs[name], cache=cache, folder=FOLDER)
        for name, version in VERSIONS.items()
    }
