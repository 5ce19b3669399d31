"""`make prepare`: fills the cache with every tool and image, and starts nothing."""

from __future__ import annotations

from sandbox.commands.up import prepare
from sandbox.judges import tools as judges
from sandbox.progress import Progress
from sandbox.toolchain import host


def run() -> None:
    """Builds what the cache does not hold yet; for a CI image, or ahead of the first `make up`."""
    progress = Progress()
    host.demand_suitable()
    prepare(progress, monitoring=True, programs=True)
    judges.ensure(progress)
    progress.say("tools", "every tool and image is in the cache")
