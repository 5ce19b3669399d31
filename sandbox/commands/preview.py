"""`make preview`: what `pulumi up` would change in the sandbox."""

from __future__ import annotations

from sandbox import stack
from sandbox.errors import SandboxError


def run() -> None:
    """Shows the preview with its differences.

    Raises:
        SandboxError: there is no sandbox of this clone, or the preview failed.
    """
    if not stack.KUBECONFIG.exists():
        raise SandboxError("this clone has no sandbox", "start it with `make up`")
    stack.refresh_stack_file()
    stack.pulumi("preview", "--diff")
