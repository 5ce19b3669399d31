"""`make preview`: what `pulumi up` would change in the sandbox, as the comment that a pull request gets."""

from __future__ import annotations

import os
import sys

from delivery import looking, report
from delivery.digest import digest_of
from delivery.errors import DeliveryError
from sandbox import ownership, stack, stack_file
from sandbox.errors import SandboxError


def run() -> None:
    """Prints the comment.

    Raises:
        SandboxError: no sandbox of this clone runs, the preview failed, or a rule forbids it.
    """
    ownership.demand_running()
    stack_file.refresh()
    stack.demand_passphrase()
    own = {name: value for name, value in os.environ.items() if name not in stack.FOREIGN_SETTINGS}
    sys.stderr.write(f"previewing stack {stack.STACK}\n")
    try:
        document = looking.preview(stack.STACK, own | stack.environment())
        digest = digest_of(document, stack=stack.STACK, source="the preview")
    except DeliveryError as error:
        raise SandboxError(error.problem, error.cure) from error
    sys.stdout.write(report.render([digest], report.PREVIEW, report.Origin(), limit=sys.maxsize))
    if digest.failed:
        raise SandboxError("pulumi preview failed", "the errors in the comment above name the resources")
    if digest.refusal:
        raise SandboxError(
            f"stack {stack.STACK} would violate a policy",
            "the comment above names each resource, its rule and the cure",
        )
