"""`make env`: the lines that make a shell know the sandbox."""

from __future__ import annotations

import os
import shlex
import sys

from sandbox import ownership, stack, stack_file


def run() -> None:
    """Prints `export` lines for `eval "$(make -s env)"`, and brings edits of the tracked stack file into the sandbox's.

    Raises:
        SandboxError: no sandbox of this clone runs.
    """
    ownership.demand_running()
    stack_file.refresh()
    for name in stack.FOREIGN_SETTINGS:
        if name in os.environ:
            sys.stdout.write(f"unset {name}\n")
    for name, value in stack.environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
