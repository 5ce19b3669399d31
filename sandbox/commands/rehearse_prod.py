"""`make rehearse-prod`: the production configuration, brought up, checked through Cloudflare's double, and removed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox import layers, network, ownership, paths, rehearsal, stack
from sandbox.commands import down, up
from sandbox.errors import SandboxError
from sandbox.layers import OUTPUT, REHEARSAL
from sandbox.locking import exclusive
from sandbox.parts.part import wait_until
from sandbox.progress import Progress
from sandbox.supervisor import client
from sandbox.toolchain import host

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.layers import Layer


def run() -> None:
    """Rehearses production."""
    check([REHEARSAL])


def check(chosen: Sequence[Layer], *options: str) -> None:
    """Runs layers of tests against production on a sandbox of its own.

    Raises:
        SandboxError: a sandbox runs already, production did not come up or go away, or a test failed.
    """
    with production(Progress()):
        counts = {layer.name: layers.run(layer, *options) for layer in chosen}
    problems = layers.report(counts)
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the tests; {OUTPUT} holds the report")


@contextmanager
def production(progress: Progress) -> Iterator[None]:
    """Production in the sandbox for the length of a block; nothing is left of either afterwards.

    Raises:
        SandboxError: a sandbox runs already, or production did not come up or go away.
    """
    host.demand_suitable()
    if client.init_process() is not None:
        raise SandboxError(
            "a sandbox is running, and production would take the names of its stack",
            "run `make down` first; the rehearsal makes a sandbox of its own and removes it",
        )
    try:
        with exclusive(paths.LOCK, wait=False, doing=f"make rehearse-prod in {paths.CLONE}"):
            ownership.claim()
            _bring_up(progress)
        yield
        progress.say("pulumi", "pulumi destroy on stack prod, protection lifted")
        rehearsal.destroy()
    finally:
        down.run()


def _bring_up(progress: Progress) -> None:
    toolchain, images = up.prepare(progress, monitoring=True, programs=True)
    host.install_packages(progress, [*host.BROWSER, *host.RUNBOOK_READER])
    authority = stack.AUTHORITY
    authority.ensure()
    up.prepare_engine(toolchain, authority, images["mlflow"].reference)
    up.start_platform(toolchain, authority, images, progress, monitoring=True)
    part, around = rehearsal.part(), up.surroundings(toolchain, authority, images)
    progress.say("cloudflare", f"starting the double for {part.public_host} and {part.team_domain}")
    part.start(around)
    wait_until(lambda: part.ready(around), what=part.name, timeout=60)
    network.publish({part.public_host: network.EDGE_ADDRESS, part.team_domain: network.EDGE_ADDRESS})
    rehearsal.make_surroundings(toolchain["kubectl"])
    rehearsal.make_stack({name: images[name].reference for name in rehearsal.IMAGES})
    with progress.step("pulumi", "pulumi up on stack prod, and a preview that finds nothing to change"):
        rehearsal.up()
