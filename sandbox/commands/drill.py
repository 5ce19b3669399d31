"""`make drill`: every fault and loss of the rehearsed production, every point where a backup may break off, rotation.

In full and at full size; `make test` runs a choice of the same.
"""

from __future__ import annotations

from sandbox import layers
from sandbox.commands import down, rehearse_prod, up
from sandbox.errors import SandboxError
from sandbox.layers import DRILLS, LONG, LONG_REHEARSAL, OUTPUT

FULL = "--full"


def run() -> None:
    """Drills on production and on stack dev, each on a sandbox of its own.

    Raises:
        SandboxError: a sandbox runs already, one did not come up or go away, or a test failed.
    """
    rehearse_prod.check([LONG_REHEARSAL, DRILLS], FULL)
    try:
        up.run()
        problems = layers.report({LONG.name: layers.run(LONG, FULL)})
    finally:
        down.run()
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the tests; {OUTPUT} holds the report")
