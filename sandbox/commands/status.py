"""`make status`: what runs, what died and why."""

from __future__ import annotations

import sys

from sandbox import ownership
from sandbox.errors import SandboxError
from sandbox.supervisor import client


def run() -> None:
    """Prints a line a part.

    Raises:
        SandboxError: nothing runs, or a part has died; carries the end of its log.
    """
    parts = client.status()
    if not parts:
        raise SandboxError("no sandbox is running", "start it with `make up`")
    sys.stdout.write(f"sandbox of {ownership.owner()}\n")
    for part in parts.values():
        sys.stdout.write(f"  {part.name:<24} {part.state:<8} {part.log}\n")
    for part in parts.values():
        part.demand_alive()
