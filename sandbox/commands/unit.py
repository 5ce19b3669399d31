"""`make unit`: what can be tested without a sandbox."""

from __future__ import annotations

from sandbox import layers
from sandbox.commands import lint
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.toolchain import host


def run() -> None:
    """Runs lint, types, the unit tests and those on an MLflow of this machine.

    Raises:
        SandboxError: something failed, was skipped, or no test ran.
    """
    host.extend_path()
    host.install_packages(Progress(), [*host.PACKAGES, *host.RULE_CHECKER])
    problems = lint.findings() + layers.report(layers.run_side_by_side(layers.UNIT, layers.ON_MLFLOW))
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the tests; {layers.OUTPUT} holds the report")
