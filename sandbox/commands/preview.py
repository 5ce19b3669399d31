"""`make preview`: what `pulumi up` would change in the sandbox."""

from __future__ import annotations

from sandbox import ownership, stack, stack_file


def run() -> None:
    """Shows the preview with its differences.

    Raises:
        SandboxError: no sandbox of this clone runs, or the preview failed.
    """
    ownership.demand_running()
    stack_file.refresh()
    stack.demand_passphrase()
    stack.pulumi("preview", "--diff")
