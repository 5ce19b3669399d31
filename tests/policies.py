"""The rules of `policies/` on a stack that the engine knows, by its own words."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox import paths, processes
from tests.integration.stacks import COMMAND_SECONDS

if TYPE_CHECKING:
    from tests.integration.stacks import Stack

PREVIEW = ("preview", "--json", "--show-sames")
EXPORT = ("stack", "export")


def judged(stack: Stack, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """What the command says about what a `pulumi` command prints on standard output, as in a pipeline."""
    document = processes.output_of(
        stack.words(*words), what=f"pulumi {words[0]}", env=stack.environment, timeout=COMMAND_SECONDS
    )
    return subprocess.run(
        [sys.executable, "-m", "policies", "--stack", stack.name],
        cwd=paths.CLONE,
        input=document,
        capture_output=True,
        text=True,
        check=False,
    )
