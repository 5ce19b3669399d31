"""`make judge`: what judges that we did not write say, without a sandbox."""

from __future__ import annotations

from sandbox import layers
from sandbox.errors import SandboxError
from sandbox.judges import tools
from sandbox.layers import JUDGES, OUTPUT
from sandbox.progress import Progress


def run() -> None:
    """Installs the judges where they are not there, and runs them; each prints its line.

    Raises:
        SandboxError: a judge cannot be had, or found something that no exception is for.
    """
    tools.ensure(Progress())
    problems = layers.report({JUDGES.name: layers.run(JUDGES)})
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the findings; {OUTPUT} holds the report")
