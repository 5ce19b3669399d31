"""`make drill`: every fault, made to the rehearsed production, and the alert that has to tell of it.

In full; `make test` runs a choice of the same drills.
"""

from __future__ import annotations

from sandbox.commands import rehearse_prod
from sandbox.layers import DRILLS


def run() -> None:
    """Drills on a sandbox of its own."""
    rehearse_prod.check(DRILLS, "--full")
