"""The layers of tests: what runs together, how, and what its count says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO

from sandbox import paths, rehearsal, stack

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = paths.CLONE / "test-output"


@dataclass(frozen=True)
class Layer:
    """Tests that run together."""

    name: str
    folder: str
    needs_sandbox: bool
    production: bool = False
    """Needs production in the place of stack dev."""
    options: tuple[str, ...] = ()
    """Of pytest."""


REHEARSAL = Layer("rehearsal", "tests/rehearsal", needs_sandbox=True, production=True)
DRILLS = Layer("drills", "tests/drills", needs_sandbox=True, production=True)
LONG = Layer("long", "tests/integration", needs_sandbox=True, options=("-m", "full"))
LONG_REHEARSAL = Layer("long rehearsal", "tests/rehearsal", needs_sandbox=True, production=True, options=("-m", "full"))
"""What `make test` leaves out of the layers `integration` and `rehearsal`, for its time."""
PRODUCTION = (REHEARSAL, DRILLS)
"""The drills last: the faults that they make would show in what the others look at."""
UNIT = Layer("unit", "tests/unit", needs_sandbox=False)
ON_MLFLOW = Layer("on-mlflow", "tests/on_mlflow", needs_sandbox=False)
"""Beside the first one, since both have use for one core."""
JUDGES = Layer("judges", "tests/judges", needs_sandbox=False)
LAYERS = (
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


def run_side_by_side(first: Layer, second: Layer) -> dict[str, Count]:
    """Runs two layers at one time; what the second one prints comes after what the first one does."""
    OUTPUT.mkdir(exist_ok=True)
    counts: dict[str, Count] = {}
    with (OUTPUT / f"{second.name}.log").open("w+") as log:
        beside = threading.Thread(target=lambda: counts.update({second.name: run(second, output=log)}))
        beside.start()
        try:
            counts[first.name] = run(first)
        finally:
            beside.join()
        log.seek(0)
        sys.stdout.write(log.read())
    return counts


def run(layer: Layer, *options: str, output: TextIO | None = None) -> Count:
    """Runs the tests of a layer with pytest, and options of the layer's own, and counts them from its report.

    Args:
        layer: whose tests.
        options: further ones of pytest.
        output: where it prints; None: where this process does.
    """
    OUTPUT.mkdir(exist_ok=True)
    words = [*layer.options, *options]
    result = OUTPUT / f"{layer.name}.xml"
    result.unlink(missing_ok=True)
    environment = os.environ | {"PULUMI_ERROR_OUTPUT_STRING": "true"}
    if layer.needs_sandbox:
        environment |= rehearsal.environment() if layer.production else stack.environment()
        # These take minutes: each is named while it runs.
        words.append("--verbose")
    code = subprocess.run(
        [sys.executable, "-m", "pytest", layer.folder, f"--junit-xml={result}", "--durations=25", *words],
        cwd=paths.CLONE,
        env=environment,
        check=False,
        stdout=output,
        stderr=output,
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
