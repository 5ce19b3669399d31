"""`make test`: every layer, from the quickest to the one that needs the sandbox, and a count of each at the end."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

from sandbox import layers, ownership, paths, platform
from sandbox.commands import down, lint, rehearse_prod, up
from sandbox.errors import SandboxError
from sandbox.footprint import footprint
from sandbox.judges import tools as judges
from sandbox.layers import JUDGES, LAYERS, ON_MLFLOW, OUTPUT, PRODUCTION, UNIT
from sandbox.progress import Progress
from sandbox.supervisor import client
from sandbox.toolchain import host

if TYPE_CHECKING:
    from sandbox.layers import Count

FOOTPRINT = OUTPUT / "footprint.json"
"""The machine before the sandbox, for the tests of what `make down` leaves."""


def run() -> None:
    """Runs lint, types and every layer of tests, from nothing; leaves a sandbox running if one ran before.

    Raises:
        SandboxError: something failed, was skipped, or no test ran where some should have.
    """
    progress = Progress()
    OUTPUT.mkdir(exist_ok=True)
    problems = lint.findings()
    counts: dict[str, Count] = {}
    ownership.demand_no_others()
    host.extend_path()
    host.install_packages(progress, [*host.PACKAGES, *host.RULE_CHECKER, *host.RUNBOOK_READER])
    ran_before = client.init_process() is not None
    if platform.exists():
        progress.say("test", "taking down the sandbox that is there: everything is tested from nothing")
        down.run()
    FOOTPRINT.write_text(json.dumps({kind: sorted(things) for kind, things in footprint().items()}))
    try:
        progress.say("test", f"{UNIT.name} tests, and {ON_MLFLOW.name} tests beside them")
        begun = time.monotonic()
        counts |= layers.run_side_by_side(UNIT, ON_MLFLOW)
        progress.say("test", f"{UNIT.name} and {ON_MLFLOW.name} tests took {time.monotonic() - begun:.0f} s")
        progress.say("test", JUDGES.name)
        judges.ensure(progress)
        counts[JUDGES.name] = layers.run(JUDGES)
        for layer in LAYERS:
            progress.say("test", "the sandbox")
            up.run()
            progress.say("test", f"{layer.name} tests")
            begun = time.monotonic()
            counts[layer.name] = layers.run(layer)
            progress.say("test", f"{layer.name} tests took {time.monotonic() - begun:.0f} s")
        down.run()
        progress.say("test", "production, rehearsed")
        with rehearse_prod.production(progress):
            for layer in PRODUCTION:
                counts[layer.name] = layers.run(layer)
            _keep_logs()
        if ran_before:
            up.run()
    finally:
        _keep_logs()
        if not ran_before:
            down.run()
    problems += layers.report(counts)
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the tests; {OUTPUT} holds the reports")


def _keep_logs() -> None:
    # `make down` removes the logs, and a failure's reason may be in them.
    if paths.LOGS.exists():
        shutil.copytree(paths.LOGS, OUTPUT / "logs", dirs_exist_ok=True)
