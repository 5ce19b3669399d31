from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.checks import cron_schedule
from stacks.config_reader import ConfigError, ConfigReader
from stacks.garbage_collection_settings import GarbageCollectionSettings, read_garbage_collection
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("garbageCollection", "maybe", "is neither true nor false"),
    ("garbageCollection", "", "is neither true nor false"),
    ("garbageCollectionSchedule", "", "is not the five fields of a cron schedule, such as '17 1 * * *'"),
    ("garbageCollectionSchedule", "@daily", "is not the five fields of a cron schedule"),
    ("garbageCollectionSchedule", "61 1 * * *", "has '61' for the minute, which goes from 0 to 59; write one such as"),
    ("garbageCollectionMinDays", 0, "is not a whole number from 1 to 3650"),
    ("garbageCollectionMinDays", 3651, "is not a whole number from 1 to 3650"),
    ("garbageCollectionMinDays", "30d", "is not a whole number from 1 to 3650"),
    ("garbageCollectionDryRun", "perhaps", "is neither true nor false"),
    ("garbageCollectionDeadline", 299, "is not a whole number from 300 to 86400"),
    ("garbageCollectionDeadline", 86401, "is not a whole number from 300 to 86400"),
]
CONSEQUENCES = {
    "garbageCollection": "it would be unclear whether deleted runs may go for good",
    "garbageCollectionSchedule": "Kubernetes would refuse the CronJob",
    "garbageCollectionMinDays": "a run could go before its owner misses it, or none ever would",
    "garbageCollectionDryRun": "it would be unclear whether deleted runs may go for good",
    "garbageCollectionDeadline": "a collection would end before it has begun, or never",
}


def read(**values: Any) -> GarbageCollectionSettings | None:
    given = {
        "garbageCollection": "true",
        "garbageCollectionSchedule": "17 1 * * *",
        "garbageCollectionMinDays": 30,
        "garbageCollectionDryRun": "false",
        "garbageCollectionDeadline": 3000,
        **values,
    }
    reader = ConfigReader(
        project=PROJECT, values={key: str(value) for key, value in given.items()}, secret_keys=frozenset()
    )
    settings = read_garbage_collection(reader)
    reader.finish()
    return settings


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_a_bad_value_is_named_with_its_fix(wanted: str, key: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{"garbageCollection": wanted, key: value})

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {PROJECT}:{key}: {str(value)!r} {what}")
    assert f"; {CONSEQUENCES[key]}. Fix: pulumi config set {key} " in line


def test_what_is_set_is_what_is_done() -> None:
    assert read(garbageCollectionSchedule="0 3 * * sun", garbageCollectionDryRun="true") == GarbageCollectionSettings(
        schedule="0 3 * * sun", min_days=30, dry_run=True, deadline=3000
    )


def test_nothing_is_collected_unless_somebody_wants_it(tmp_path: Path) -> None:
    assert load_settings(stack_files.reader("dev", tmp_path)).garbage_collection is None


def test_production_collects_every_night_what_was_deleted_thirty_days_ago(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path)).garbage_collection

    assert settings == GarbageCollectionSettings(schedule="17 1 * * *", min_days=30, dry_run=False, deadline=3000)


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "17 1 * * *",
        "*/15 0-6,22 1,15 * ?",
        "0 0 1 JAN,jul Sun",
        "5/20 8-18/2 * feb-nov mon-fri",
        "59 23 31 12 6",
        "  0   4 * * 0 ",
    ],
)
def test_a_schedule_that_kubernetes_takes_is_taken(schedule: str) -> None:
    assert cron_schedule(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "what"),
    [
        ("60 * * * *", "has '60' for the minute, which goes from 0 to 59"),
        ("-1 * * * *", "has '-1' for the minute"),
        ("0 24 * * *", "has '24' for the hour, which goes from 0 to 23"),
        ("0 0 0 * *", "has '0' for the day of the month, which goes from 1 to 31"),
        ("0 0 1 13 *", "has '13' for the month, which goes from 1 to 12"),
        ("0 0 * * 7", "has '7' for the day of the week, which goes from 0 to 6"),
        ("0 0 * * sunday", "has 'sunday' for the day of the week"),
        ("0 mon * * *", "has 'mon' for the hour"),
        ("*/0 * * * *", "has '*/0' for the minute"),
        ("*/x * * * *", "has '*/x' for the minute"),
        ("5/ * * * *", "has '5/' for the minute"),
        ("20-10 * * * *", "has '20-10' for the minute"),
        ("1-2-3 * * * *", "has '1-2-3' for the minute"),
        ("1,,2 * * * *", "has '' for the minute"),
        ("²3 * * * *", "has '²3' for the minute"),
        ("1 2 3 4", "is not the five fields of a cron schedule"),
        ("TZ=UTC 1 2 3 4 5", "is not the five fields of a cron schedule"),
        ("* * * * * *", "is not the five fields of a cron schedule"),
    ],
)
def test_a_schedule_that_kubernetes_refuses_is_named_with_an_example(schedule: str, what: str) -> None:
    told = str(cron_schedule(schedule))

    assert told.startswith(what)
    assert "such as '17 1 * * *' for 01:17 every day" in told
