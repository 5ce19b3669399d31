from __future__ import annotations

import pytest

from components.canary.program.rounds import Pace, Rounds, Step
from components.canary.program.series import Series


class Clock:
    """Time that passes only when something is done."""

    def __init__(self, *durations: float) -> None:
        self.now = 100.0
        self.starts: list[float] = []
        self._durations = list(durations)

    def round(self, _: object) -> None:
        self.starts.append(self.now)
        if not self._durations:
            raise KeyboardInterrupt
        self.now += self._durations.pop(0)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("durations", "starts"),
    [
        ([1, 5, 0.1], [100, 160, 220, 280]),
        ([1, 70, 1], [100, 160, 280, 340]),
        ([200, 1], [100, 340, 400]),
        ([60, 1], [100, 220, 280]),
    ],
    ids=["steady", "one slow round leaves one out", "a very slow one leaves out three", "no two at once"],
)
def test_rounds_begin_at_multiples_of_the_interval(durations: list[float], starts: list[float]) -> None:
    clock = Clock(*durations)
    step = Step(name="database", act=clock.round)
    rounds = Rounds(
        [step], Series(["database"]), Pace(interval=60, step=10), clock=lambda: clock.now, sleep=clock.sleep
    )

    with pytest.raises(KeyboardInterrupt):
        rounds.forever()

    assert clock.starts == starts


def test_rounds_that_make_no_progress_are_noticed() -> None:
    clock = Clock()
    rounds = Rounds([], Series([]), Pace(interval=60, step=10), clock=lambda: clock.now)
    clock.sleep(130)
    assert rounds.alive()

    clock.sleep(1)
    assert not rounds.alive()

    rounds.once()
    assert rounds.alive()
