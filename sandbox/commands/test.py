"""`make test`: every layer, from the quickest to the one that needs the sandbox, and a count of each at the end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox import ownership, paths, platform, rehearsal, stack
from sandbox.commands import down, lint, rehearse_prod, up
from sandbox.errors import SandboxError
from sandbox.footprint import footprint
from sandbox.progress import Progress
from sandbox.supervisor import client
from sandbox.toolchain import host

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OUTPUT = paths.CLONE / "test-output"


FOOTPRINT = OUTPUT / "footprint.json"
"""The machine before the sandbox, for the tests of what `make down` leaves."""


@dataclass(frozen=True)
class Layer:
    """Tests that run together."""

    name: str
    folder: str
    needs_sandbox: bool


PRODUCTION = Layer("rehearsal", "tests/rehearsal", needs_sandbox=True)
"""Needs production in the place of stack dev."""
LAYERS = (
    Layer("unit", "tests/unit", needs_sandbox=False),
    Layer("integration", "tests/integration", needs_sandbox=True),
    Layer("machine", "tests/machine", needs_sandbox=True),
)
"""The last one takes the sandbox down and up again."""


@dataclass(frozen=True)
class Count:
    """What a layer's tests came to."""

    passed: int
    failed: int
    skipped: int


def run() -> None:
    """Runs lint, types and every layer of tests, from nothing; leaves a sandbox running if one ran before.

    Raises:
        SandboxError: something failed, was skipped, or no test ran where some should have.
    """
    progress = Progress()
    OUTPUT.mkdir(exist_ok=True)
    problems: list[str] = []
    try:
        lint.run()
    except SandboxError as error:
        problems.append(error.problem)
    counts: dict[str, Count] = {}
    ownership.demand_no_others()
    host.extend_path()
    host.install_packages(progress)
    ran_before = client.init_process() is not None
    if platform.exists():
        progress.say("test", "taking down the sandbox that is there: everything is tested from nothing")
        down.run()
    FOOTPRINT.write_text(json.dumps({kind: sorted(things) for kind, things in footprint().items()}))
    try:
        for layer in LAYERS:
            if layer.needs_sandbox:
                progress.say("test", "the sandbox")
                up.run()
            progress.say("test", f"{layer.name} tests")
            begun = time.monotonic()
            counts[layer.name] = run_layer(layer)
            progress.say("test", f"{layer.name} tests took {time.monotonic() - begun:.0f} s")
        down.run()
        progress.say("test", "production, rehearsed")
        with rehearse_prod.production(progress):
            counts[PRODUCTION.name] = run_layer(PRODUCTION)
            _keep_logs()
        if ran_before:
            up.run()
    finally:
        _keep_logs()
        if not ran_before:
            down.run()
    problems += report(counts)
    if problems:
        raise SandboxError("; ".join(problems), f"the lines above name the tests; {OUTPUT} holds the reports")


def _keep_logs() -> None:
    # `make down` removes the logs, and a failure's reason may be in them.
    if paths.LOGS.exists():
        shutil.copytree(paths.LOGS, OUTPUT / "logs", dirs_exist_ok=True)


def run_layer(layer: Layer, more: Sequence[str] = ()) -> Count:
    """Runs the tests of a layer with pytest and counts them from its report."""
    result = OUTPUT / f"{layer.name}.xml"
    result.unlink(missing_ok=True)
    environment = os.environ | {"PULUMI_ERROR_OUTPUT_STRING": "true"}
    if layer.needs_sandbox:
        environment |= rehearsal.environment() if layer is PRODUCTION else stack.environment()
        # These take minutes: each is named while it runs.
        more = ["--verbose", *more]
    code = subprocess.run(
        [sys.executable, "-m", "pytest", layer.folder, f"--junit-xml={result}", "--durations=10", *more],
        cwd=paths.CLONE,
        env=environment,
        check=False,
    ).returncode
    tally = count(result)
    # What broke off, or died in the middle, has no failed test to show.
    return tally if code == 0 or tally.failed else replace(tally, failed=1)


def count(report_file: Path) -> Count:
    """Reads a JUnit report; a missing or broken one, of a pytest that was cut off, counts as one failure."""
    try:
        suites = ET.parse(report_file).getroot().iter("testsuite")  # noqa: S314 - pytest wrote it
    except (OSError, ET.ParseError):
        return Count(0, 1, 0)
    totals = [{key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")} for suite in suites]
    failed = sum(total["failures"] + total["errors"] for total in totals)
    skipped = sum(total["skipped"] for total in totals)
    return Count(sum(total["tests"] for total in totals) - failed - skipped, failed, skipped)


def report(counts: dict[str, Count]) -> list[str]:
    """Prints how many tests ran in each layer and returns what is wrong with that."""
    problems = []
    for name, tally in counts.items():
        sys.stdout.write(f"{name}: {tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped\n")
        if tally.failed:
            problems.append(f"{tally.failed} {name} tests failed")
        if tally.skipped:
            problems.append(f"{tally.skipped} {name} tests were skipped, and a skipped test shows nothing")
        if tally.passed + tally.failed == 0:
            problems.append(f"no {name} test ran")
    sys.stdout.flush()
    total = Count(
        *(sum(values) for values in zip(*((c.passed, c.failed, c.skipped) for c in counts.values()), strict=True))
    )
    sys.stdout.write(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped\n")
    return problems
