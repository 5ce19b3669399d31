"""`make bench`: figures as JSON lines, ratios where the machine's own speed would blur a number."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from sandbox.benchmarks import backups, dolphinscheduler, gateway, ingestion, preview, watchers
from sandbox.benchmarks.figures import emit
from sandbox.commands import down, rehearse_prod, up
from sandbox.progress import Progress
from sandbox.supervisor import client
from sandbox.toolchain import go_tools, host, tools

WARM_UP_GOAL_SECONDS = 90


def run() -> None:
    """Measures and prints; leaves a sandbox running if one ran before."""
    ran_before = client.init_process() is not None
    for tool, seconds in go_tools.build_times().items():
        emit("cold build of a tool", tool=tool, seconds=seconds)
    emit("cold build of all tools", seconds=round(sum(go_tools.build_times().values()), 1))
    if ran_before:
        down.run()
    host.extend_path()
    host.install_packages(Progress(), host.LOAD_GENERATOR)
    # Before the sandbox is up: it would have the cores that are measured.
    with tempfile.TemporaryDirectory() as folder:
        gateway.measure(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        dolphinscheduler.measure(Path(folder))
    begun = time.monotonic()
    up.run()
    emit("warm make up to the first logged run", seconds=round(time.monotonic() - begun, 1), goal=WARM_UP_GOAL_SECONDS)
    begun = time.monotonic()
    up.run()
    emit("make up on a running sandbox", seconds=round(time.monotonic() - begun, 1))
    with tempfile.TemporaryDirectory() as folder:
        preview.measure(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        ingestion.measure(Path(folder))
    down.run()
    progress = Progress()
    with rehearse_prod.production(progress):
        progress.say("bench", "watching canary and exporter, for some minutes")
        watchers.measure(tools.locate(monitoring=True)["kubectl"])
        progress.say("bench", "backing up and restoring, with the programs and by hand")
        backups.measure()
    if ran_before:
        up.run()
