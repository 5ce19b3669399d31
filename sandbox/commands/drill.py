"""`make drill`: every fault, made to the rehearsed production, and every point at which a backup may be interrupted.

In full and at full size; `make test` runs a choice of the same.
"""

from __future__ import annotations

from sandbox.commands import rehearse_prod
from sandbox.layers import DRILLS, INTERRUPTIONS


def run() -> None:
    """Drills on a sandbox of its own."""
    rehearse_prod.check(DRILLS, INTERRUPTIONS, options=["--full"])
