"""A deployment that is told to end leaves its stack unlocked."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from delivery.ending import Ending, orderly
from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.delivery.conftest import Engine

PATIENT = """#!/bin/sh
[ "$1" = preview ] && echo '{}' && exit
trap 'echo told >> "$RECORD/ending"; ended=yes' INT
: > "$RECORD/begun"
until [ "$ended" ]; do sleep 0.02; done
echo unlocked >> "$RECORD/ending"
"""


class Told:
    """An engine that only counts how often it is told."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_deployment_that_is_cancelled_finishes_what_it_has_begun(
    engine: Engine, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "bin" / "pulumi").write_text(PATIENT)
    words = [sys.executable, "-m", "delivery", "deploy", "--stack=dev"]
    with subprocess.Popen(words, cwd=paths.CLONE) as process:
        deadline = time.monotonic() + 30
        while not (engine.folder / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
    assert engine.told("ending").split() == ["told", "unlocked"]


def test_a_terminal_that_tells_the_whole_group_does_not_tell_the_engine_besides(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "bin" / "pulumi").write_text('#!/bin/sh\ncut -d " " -f 5 /proc/$$/stat > "$RECORD/group"\necho "{}"\n')
    words = [sys.executable, "-m", "delivery", "deploy", "--stack=dev"]
    with subprocess.Popen(words, cwd=paths.CLONE, stdout=subprocess.DEVNULL, process_group=0) as process:
        assert process.wait(30) == 0
    assert engine.told("group") != str(process.pid)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ([signal.SIGINT, signal.SIGTERM], 1),
        ([signal.SIGTERM, signal.SIGTERM], 1),
        ([signal.SIGINT, signal.SIGINT], 2),
    ],
)
def test_what_ci_repeats_is_passed_on_once_and_a_person_s_second_wish_too(wishes: list[int], told: int) -> None:
    ending, engine = Ending(), Told()
    ending.of(engine)
    for number in wishes:
        ending.wish(number, None)
    assert engine.signals == [signal.SIGINT] * told


def test_a_wish_from_before_the_engine_began_is_not_lost() -> None:
    ending, engine = Ending(), Told()
    ending.wish(signal.SIGTERM, None)
    ending.of(engine)
    assert engine.signals == [signal.SIGINT]


def test_signals_are_handled_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with orderly() as ending:
        assert signal.getsignal(signal.SIGTERM) == ending.wish
    assert signal.getsignal(signal.SIGTERM) == before
