"""The program and the authority that it trusts, as the pod reads them, so that any image of MLflow can run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components import immutable
from components.mounts import Mount, config_map_mount
from components.python_files import logging_package, package, python_mount

if TYPE_CHECKING:
    from components.canary.args import CanaryScope

MODULE = "mlflow_canary"
PROGRAM_DIR = "/etc/mlflow-canary/program"
"""On Python's path."""
_AUTHORITY_DIR = "/etc/mlflow-canary/authority"
_AUTHORITY = "public.pem"
AUTHORITY_PATH = f"{_AUTHORITY_DIR}/{_AUTHORITY}"
_SOURCE = Path(__file__).with_name("program")


def sources() -> dict[str, str]:
    """Read the program and the log that it shares with others, text by path."""
    return {**package(MODULE, _SOURCE), **logging_package()}


def program(scope: CanaryScope) -> Mount:
    """Make the ConfigMap of the program, and mount it where Python looks."""
    return python_mount(scope, "program", PROGRAM_DIR, sources())


def authority(scope: CanaryScope) -> Mount | None:
    """Make the ConfigMap of the authority of the public route; None where the public ones will do."""
    route = scope.args.public_route
    if route is None or route.ca_certificate is None:
        return None
    trusted = immutable.config_map(scope, "authority", {_AUTHORITY: route.ca_certificate})
    return config_map_mount("authority", trusted, _AUTHORITY_DIR)
