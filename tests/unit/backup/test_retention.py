"""What is kept and what goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mlflow_backup.archive.layout import BackupId
from mlflow_backup.archive.retention import Candidate, Decision, decide

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def made(
    age: timedelta, *, good: bool = True, finished: bool = True, platform: str | None = "ours", quiet: bool = True
) -> Candidate:
    """A backup that was begun so long ago, and since then was not written to if it is quiet."""
    begun = NOW - age
    return Candidate(
        id=BackupId.new(begun),
        touched=begun if quiet else NOW,
        platform=platform,
        finished=finished,
        good=good and finished,
    )


def decided(*candidates: Candidate, days: int = 7, count: int = 2) -> Decision:
    return decide(candidates, "ours", NOW, keep_days=days, keep_count=count)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def test_what_is_old_goes_and_what_is_young_stays() -> None:
    young, old, older = made(days(1)), made(days(8)), made(days(9))
    decision = decided(young, old, older, count=1)
    assert decision.keep == [young]
    assert decision.remove == [old, older]


def test_the_newest_good_ones_stay_however_old_and_broken_ones_do_not_count() -> None:
    broken, first, second, third = (made(days(10), good=False), made(days(11)), made(days(12)), made(days(13)))
    decision = decided(third, first, broken, second)
    assert decision.keep == [first, second]
    assert decision.remove == [broken, third]


def test_the_last_good_one_stays_also_when_none_is_asked_for() -> None:
    only = made(days(4000))
    assert decided(only, days=0, count=0).keep == [only]


def test_others_and_what_cannot_be_read_stay() -> None:
    theirs, unreadable = made(days(900), platform="theirs"), made(days(900), platform=None, good=False)
    ours = [made(days(1)), made(days(2))]
    assert decided(theirs, unreadable, *ours, days=0).remove == []


def test_a_leftover_goes_a_day_after_it_was_last_written_to() -> None:
    left, busy = made(days(3), finished=False), made(days(3), finished=False, quiet=False)
    decision = decided(left, busy)
    assert decision.remove == [left]
    assert decision.keep == [busy]


def test_the_newest_unfinished_backup_of_a_platform_may_be_running() -> None:
    mine, theirs = made(days(0.1), finished=False), made(days(0.2), finished=False, platform="theirs")
    assert decided(mine, theirs, made(days(1))).running == [mine, theirs]


def test_a_backup_that_began_later_proves_that_an_unfinished_one_is_dead() -> None:
    dead = made(days(0.3), finished=False)
    assert decided(dead, made(days(0.2))).running == []
    later = made(days(0.1), finished=False)
    assert decided(dead, later).running == [later]


def test_of_an_unfinished_backup_that_does_not_say_whose_it_is_nothing_is_proved() -> None:
    unclear = made(days(0.3), finished=False, platform=None)
    assert decided(unclear, made(days(0.2))).running == [unclear]
