from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DEV, DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import MIB, backup, source_up

GIB = 1024 * MIB
TOLD = backup("last_run_timestamp_seconds", "pitr")
GOOD = backup("last_run_success", "pitr")
LAG = backup("log_lag_seconds")
KEPT = backup("log_slot_retained_bytes")
LOOKS = source_up("backups")
NOTHING: dict[str, str | None] = {TOLD: None, GOOD: None, LAG: None, KEPT: None}
FAILED = (
    "Not every moment up to now can be had back in data-platform: the log of the database server has a gap, no base "
    "backup, or is shipped too late."
)


def behind(last: str, description: str) -> Firing:
    return Firing(severity="critical", description=description, labels={"last": last})


def old(age: str, allowed: str = "10m") -> Firing:
    return behind(
        "old",
        "The log of the database server that is in the bucket of backups of data-platform ends "
        f"{age} ago, more than the allowed {allowed}.",
    )


def never(time: str) -> Firing:
    return behind("never", f"Nothing has been told of the log of the database server of data-platform for {time}.")


def case(sentence: str, but: dict[str, str | None], minutes: int, *fires: Firing) -> Case:
    return Case(sentence=sentence, alert=AlertName.POINT_IN_TIME_BEHIND, but=but, minutes=minutes, fires=fires)


BEHIND = (
    case("nothing newer than ten minutes is in the bucket", {LAG: "12+0x9 12+60xN"}, 22, old("12m 12s")),
    case("the log is eight minutes behind", {LAG: "480+0xN"}, 60),
    case("the receiver says nothing more", {TOLD: "0+60x9 540+0xN"}, 22, old("13m 12s")),
    case("the receiver says nothing for nine minutes", {TOLD: "0+60x9 540+0x8 1140+60xN"}, 40),
    case("the receiver has never said anything", NOTHING, 11, never("10m")),
    case("it was turned on just now, and the receiver is yet to start", {TOLD: "_x8 540+60xN", LAG: "_x8 12+0xN"}, 30),
    case("there is a gap that no base backup closes", {GOOD: "1+0x9 0+0xN"}, 26, behind("failed", FAILED)),
    case("a gap is closed by a base backup within ten minutes", {GOOD: "1+0x9 0+0x9 1+0xN"}, 60),
    case(
        "the exporter cannot look, which another alert tells",
        {
            LOOKS: "1+0x9 0+0xN",
            TOLD: "0+60x9 540+0x2 stale",
            GOOD: "1+0x12 stale",
            LAG: "12+0x12 stale",
            KEPT: "1+0x12 stale",
        },
        180,
    ),
    Case(
        sentence="everything five times as fast, and the receiver says nothing more",
        alert=AlertName.POINT_IN_TIME_BEHIND,
        but={TOLD: "0+60x9 540+0xN"},
        minutes=14,
        environment=DRILL,
        fires=(old("5m 12s", "3m"),),
    ),
    Case(
        sentence="everything five times as fast but what the receiver says and the exporter reads each minute",
        alert=AlertName.POINT_IN_TIME_BEHIND,
        but={LAG: "150+0xN"},
        minutes=30,
        environment=DRILL,
    ),
    Case(
        sentence="what a receiver has said that is turned off",
        alert=AlertName.POINT_IN_TIME_BEHIND,
        but={TOLD: "0+0xN", GOOD: "0+0xN"},
        minutes=60,
        environment=DEV,
    ),
)
SLOT = (
    Case(
        sentence="the server keeps twelve gibibytes of its log",
        alert=AlertName.POINT_IN_TIME_SLOT_GROWING,
        but={KEPT: f"{16 * MIB}+0x9 {12 * GIB}+0xN"},
        minutes=21,
        fires=(
            Firing(
                severity="warning",
                description=(
                    "The database server keeps 12GiB of its log for the receiver of data-platform, more than 10 GiB: "
                    "its disk fills."
                ),
            ),
        ),
    ),
    Case(
        sentence="the server keeps ten gibibytes and no more",
        alert=AlertName.POINT_IN_TIME_SLOT_GROWING,
        but={KEPT: f"{10 * GIB}+0xN"},
        minutes=60,
    ),
    Case(
        sentence="a receiver that was away for long catches up",
        alert=AlertName.POINT_IN_TIME_SLOT_GROWING,
        but={KEPT: f"{12 * GIB}+0x8 {16 * MIB}+0xN"},
        minutes=60,
    ),
)
CASES = (*BEHIND, *SLOT)
