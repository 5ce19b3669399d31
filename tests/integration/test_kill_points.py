"""`kill -9` of `pulumi up` and `pulumi destroy` at random points: the documented recovery lets the stack go on."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

import pytest

from tests.integration.kill_report import Kill, Report, Span
from tests.integration.orphans import orphans
from tests.integration.running import pending, recorded, running
from tests.integration.small_stack import NAME, left_behind, small_stack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.stacks import Stack

SEED = "KILL_SEED"
"""Variable of the environment that repeats a run; each one prints its seed."""
COMMANDS = {"up": ("up", "--yes", "--skip-preview"), "destroy": ("destroy", "--yes", "--skip-preview")}
EARLIER = 0.8
"""Where a kill came too late, it is tried again after so much of the time."""


@pytest.mark.parametrize(
    "kills", [{"up": 1, "destroy": 0}, pytest.param({"up": 12, "destroy": 10}, marks=pytest.mark.full)], ids=str
)
def test_a_stack_goes_on_from_a_kill_at_any_point(kills: dict[str, int], tmp_path: Path) -> None:
    seed = int(os.environ.get(SEED) or time.time_ns() % 1_000_000)
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    left = {command: spread(number, chance) for command, number in kills.items()}
    with small_stack(tmp_path) as small:
        report = Report(seed, {command: undisturbed(small, command) for command in COMMANDS})
        try:
            while any(left.values()):
                for command, points in left.items():
                    if points:
                        point = points.pop(0)
                        report.kills.append(killed(small, command, report.undisturbed[command].at(point)))
                        if not report.kills[-1].landed:
                            points.append(point * EARLIER)
                    CONVERGES[command](small)
                    report.converged = len(report.kills)
                    report.write()
        finally:
            report.write()
            print(report.table())
    landed = [kill.command for kill in report.kills if kill.landed]
    assert {command: landed.count(command) for command in kills} == kills


def spread(number: int, chance: random.Random) -> list[float]:
    """Random parts of a whole, one in each of as many equal shares of it, in no order."""
    points = [(share + chance.random()) / number for share in range(number)]
    chance.shuffle(points)
    return points


def undisturbed(of: Stack, command: str) -> Span:
    """Runs a command to its end and looks at the clock."""
    begun = time.monotonic()
    with running(of, *COMMANDS[command]) as runs:
        runs.wait_until(lambda: pending(of) != {}, "its first step")
        first_step = time.monotonic() - begun
        assert runs.wait() == 0, runs.said()
    return Span(first_step, time.monotonic() - begun)


def killed(of: Stack, command: str, after: float) -> Kill:
    """Kills a command so many seconds after its start, and runs the documented recovery."""
    begun = time.monotonic()
    with running(of, *COMMANDS[command]) as victim:
        with suppress(TimeoutExpired):
            victim.wait(after)
        lived = time.monotonic() - begun
        code = victim.process.poll()
        victim.kill()
        assert code in {None, 0}, victim.said()
    known, under_way = recorded(of), pending(of)
    begun = time.monotonic()
    if code is None:
        of.recover()
    assert pending(of) == {}
    return Kill(
        command=command,
        seconds=lived,
        landed=code is None,
        resources=len(known),
        under_way=under_way,
        recovery_seconds=time.monotonic() - begun,
    )


def goes_on(small: Stack) -> None:
    """The next update comes to its end, the one after it has nothing to do, and nothing is there that nobody knows."""
    small.up()
    small.up("--expect-no-changes")
    assert pending(small) == {}
    assert orphans(small, NAME) == []


def is_gone(small: Stack) -> None:
    """The next `pulumi destroy` comes to its end and leaves nothing."""
    small.succeed(*COMMANDS["destroy"])
    assert recorded(small) == []
    assert left_behind() == []


CONVERGES = {"up": goes_on, "destroy": is_gone}
