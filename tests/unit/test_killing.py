"""Killing `pulumi` commands, for the tests of the recovery: nothing of one is left, and a report tells of each."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.integration import kill_report
from tests.integration.kill_report import Kill, Report, Span
from tests.integration.plugin_harness import alive
from tests.integration.running import pending, recorded, running
from tests.integration.stacks import PROJECT, Stack
from tests.integration.test_kill_points import spread

if TYPE_CHECKING:
    from pathlib import Path

BEGETTING = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], process_group=0)
print(child.pid, flush=True)
time.sleep(60)
"""


@dataclass(frozen=True)
class Program(Stack):
    """Something else in the place of `pulumi`."""

    def words(self, *words: str) -> list[str]:
        return [sys.executable, *words]


def a_kill(**changed: object) -> Kill:
    given: dict[str, object] = {
        "command": "up",
        "seconds": 3.0,
        "landed": True,
        "resources": 7,
        "recovery_seconds": 2.0,
    }
    return Kill(**{"under_way": {"backend-role": "creating"}, **given, **changed})  # type: ignore[arg-type] # checked when run


def test_a_killed_command_takes_what_it_has_started_along_in_whatever_process_group() -> None:
    with running(Program(environment={}), "-c", BEGETTING) as command:
        command.wait_until(lambda: command.said().endswith("\n"), "the child")
        child = int(command.said())
        assert alive(child)
        command.kill()

        assert command.wait() < 0
        assert not alive(child)


def test_a_command_that_ends_before_the_moment_says_why() -> None:
    with running(Program(environment={}), "-c", "print('no such stack')") as command:
        command.process.wait()
        with pytest.raises(AssertionError, match="ended before the moment:\nno such stack"):
            command.wait_until(lambda: False, "the moment")


def test_what_is_recorded_and_under_way_is_read_from_the_file_of_the_state(tmp_path: Path) -> None:
    stack = Stack("dev", {"PULUMI_BACKEND_URL": f"file://{tmp_path}?metadata=skip"})
    assert (recorded(stack), pending(stack)) == ([], {})
    file = tmp_path / ".pulumi" / "stacks" / PROJECT / "dev.json"
    file.parent.mkdir(parents=True)
    operation = {"resource": {"urn": "urn:pulumi:dev::p::t::role"}, "type": "creating"}
    latest = {"resources": [{"urn": "urn:pulumi:dev::p::t::namespace"}], "pending_operations": [operation]}
    file.write_text(json.dumps({"checkpoint": {"latest": latest}}))

    assert (recorded(stack), pending(stack)) == (["namespace"], {"role": "creating"})


@pytest.mark.parametrize("number", [1, 2, 12])
def test_points_are_spread_over_the_whole(number: int) -> None:
    points = spread(number, random.Random(7))  # noqa: S311 - nothing secret

    assert [int(point * number) for point in sorted(points)] == list(range(number))


def test_a_part_of_a_span_is_one_of_the_time_of_its_steps() -> None:
    assert [Span(2.0, 10.0).at(part) for part in (0.0, 0.5, 1.0)] == [2.0, 6.0, 10.0]


def test_the_report_names_the_seed_every_point_and_what_became_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FILE", "TABLE"):
        monkeypatch.setattr(kill_report, name, tmp_path / name)
    monkeypatch.setattr(kill_report, "OUTPUT", tmp_path)
    late = a_kill(landed=False, seconds=9.0, under_way={}, recovery_seconds=0.0)
    report = Report(
        4711,
        {"up": Span(2.0, 10.0), "destroy": Span(1.0, 5.0)},
        [a_kill(), late, a_kill(command="destroy", seconds=1.0)],
        2,
    )

    report.write()

    assert json.loads((tmp_path / "FILE").read_text())["kills"][0]["under_way"] == {"backend-role": "creating"}
    seed, *table = (tmp_path / "TABLE").read_text().splitlines()
    assert seed.startswith("KILL_SEED=4711; undisturbed: pulumi up 2.0 s to its first step and 10.0 s to its end, ")
    assert table == [
        "kill  command  after  in the state  recovery  then              under way",
        "1     up       3.0 s  7             2.0 s     converged         creating backend-role",
        "2     up       9.0 s                          converged         had ended",
        "3     destroy  1.0 s  7             2.0 s     did not converge  creating backend-role",
    ]
