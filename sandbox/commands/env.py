"""`make env`: the lines that make a shell know the sandbox."""

from __future__ import annotations

import shlex
import sys

from sandbox import stack
from sandbox.errors import SandboxError


def run() -> None:
    """Prints `export` lines for `eval "$(make -s env)"`, and brings edits of the tracked stack file into the sandbox's.

    Raises:
        SandboxError: there is no sandbox of this clone.
    """
    if not stack.KUBECONFIG.exists():
        raise SandboxError("this clone has no sandbox", "start it with `make up`")
    stack.refresh_stack_file()
    for name, value in stack.environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
