from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import DAY, MIB, backup, backup_size, source_up

DATA = backup("data_timestamp_seconds")
VERIFIED, DRILLED = (backup("last_success_timestamp_seconds", command) for command in ("verify", "drill"))
OBJECTS = backup("last_success_objects", "create")
DATABASE = backup_size("database")
DURATION = backup("last_success_duration_seconds", "create")
LOOKS = source_up("backups")
HOURS = 60
UNWATCHED = Firing(
    severity="warning",
    description=(
        "The exporter of data-platform cannot read the results of the backups: the alerts about them stay silent."
    ),
)


def last(how: str, description: str, severity: str = "warning") -> Firing:
    return Firing(severity=severity, description=description, labels={"last": how})


def succeeded(command: str) -> str:
    return backup("last_run_success", command)


def shrunk(share: str, of: str, **labels: str) -> Firing:
    return Firing(
        severity="warning",
        description=f"The last backup of data-platform has {share} of the {of} that another had within 7d.",
        labels=labels,
    )


AGE = (
    Case(
        sentence="what the newest backup holds is older than three hours",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: "0+0xN"},
        minutes=3 * HOURS + 6,
        fires=(
            last(
                "old",
                "The newest good backup of data-platform holds what there was 3h 6m 0s ago, more than the allowed 3h.",
                "critical",
            ),
        ),
    ),
    Case(
        sentence="there never was a backup",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: None},
        minutes=3 * HOURS + 1,
        fires=(last("never", "There has been no good backup of data-platform for 3h.", "critical"),),
    ),
    Case(
        sentence="there never was a backup, and the exporter is replaced meanwhile",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: None, LOOKS: "1+0x60 _x10 0 1+0xN"},
        minutes=3 * HOURS + 1,
        fires=(last("never", "There has been no good backup of data-platform for 3h.", "critical"),),
    ),
    Case(
        sentence="everything five times as fast",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: "0+0xN"},
        minutes=38,
        environment=DRILL,
        fires=(
            last(
                "old",
                "The newest good backup of data-platform holds what there was 38m 0s ago, more than the allowed 36m.",
                "critical",
            ),
        ),
    ),
    Case(
        sentence="one hourly backup in two fails",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: "0+0x119 7200+0x119 14400+0xN"},
        minutes=6 * HOURS,
    ),
    Case(
        sentence="backups were turned on just now, and the first is yet to come",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: "_x59 3540+60xN"},
        minutes=4 * HOURS,
    ),
    Case(
        sentence="the exporter cannot look, which another alert tells",
        alert=AlertName.BACKUP_TOO_OLD,
        but={DATA: "0+60x9 stale", LOOKS: "1+0x9 0+0xN"},
        minutes=8 * HOURS,
    ),
)
RUNS = tuple(
    case
    for command, alert, minutes, firing in (
        (
            "create",
            AlertName.BACKUP_FAILED,
            26,
            Firing(severity="warning", description="The last attempt to back up data-platform failed."),
        ),
        (
            "verify",
            AlertName.BACKUP_NOT_VERIFIED,
            26,
            last("failed", "The last verification of a backup of data-platform failed: the backup may be damaged."),
        ),
        (
            "drill",
            AlertName.BACKUP_DRILL_FAILED,
            26,
            Firing(
                severity="warning",
                description="The last drill could not restore a backup of data-platform: perhaps nobody can.",
            ),
        ),
        (
            "prune",
            AlertName.BACKUP_PRUNE_FAILED,
            71,
            Firing(
                severity="warning",
                description=(
                    "The last attempt to remove old backups of data-platform failed: their bucket grows, and keeps "
                    "what should be gone."
                ),
            ),
        ),
    )
    for case in (
        Case(
            sentence=f"the last {command} failed",
            alert=alert,
            but={succeeded(command): "1+0x9 0+0xN"},
            minutes=minutes,
            fires=(firing,),
        ),
        Case(
            sentence=f"a {command} fails, and succeeds when it is tried again",
            alert=alert,
            but={succeeded(command): "1+0x9 0+0x9 1+0xN"},
            minutes=80,
        ),
    )
)
PROOFS = (
    Case(
        sentence="nothing was verified for more than 26 hours",
        alert=AlertName.BACKUP_NOT_VERIFIED,
        but={VERIFIED: "0+0xN"},
        minutes=27 * HOURS,
        seconds=600,
        fires=(
            last("old", "A backup of data-platform was last found whole 1d 3h 0m 0s ago, more than the allowed 26h."),
        ),
    ),
    Case(
        sentence="nothing was ever verified",
        alert=AlertName.BACKUP_NOT_VERIFIED,
        but={VERIFIED: None, succeeded("verify"): None},
        minutes=27 * HOURS,
        seconds=600,
        fires=(last("never", "No backup of data-platform has been found whole for 26h."),),
    ),
    Case(
        sentence="something is verified each day",
        alert=AlertName.BACKUP_NOT_VERIFIED,
        but={VERIFIED: f"0+0x143 {DAY}+0xN"},
        minutes=48 * HOURS,
        seconds=600,
    ),
    Case(
        sentence="the last good drill is more than eight days ago",
        alert=AlertName.BACKUP_DRILL_TOO_OLD,
        but={DRILLED: "0+0xN"},
        minutes=9 * 24 * HOURS,
        seconds=1800,
        fires=(
            last("old", "A drill last restored a backup of data-platform 9d 0h 0m 0s ago, more than the allowed 8d."),
        ),
    ),
    Case(
        sentence="there never was a drill",
        alert=AlertName.BACKUP_DRILL_TOO_OLD,
        but={DRILLED: None},
        minutes=8 * 24 * HOURS + 30,
        seconds=1800,
        fires=(last("never", "No drill has restored a backup of data-platform for 8d."),),
    ),
    Case(
        sentence="there is a drill each week",
        alert=AlertName.BACKUP_DRILL_TOO_OLD,
        but={DRILLED: f"0+0x335 {7 * DAY}+0xN"},
        minutes=10 * 24 * HOURS,
        seconds=1800,
    ),
)
CONTENT = (
    Case(
        sentence="most artifacts are gone",
        alert=AlertName.BACKUP_SHRUNK,
        but={OBJECTS: "4000+0x59 1000+0xN"},
        minutes=80,
        fires=(shrunk("25%", "number of artifacts"),),
    ),
    Case(
        sentence="the database is nearly empty",
        alert=AlertName.BACKUP_SHRUNK,
        but={DATABASE: f"{50 * MIB}+0x59 {5 * MIB}+0xN"},
        minutes=80,
        fires=(shrunk("10%", "bytes of the database", part="database"),),
    ),
    Case(
        sentence="it shrank a week ago, and has become usual",
        alert=AlertName.BACKUP_SHRUNK,
        but={OBJECTS: "4000+0x9 1000+0xN"},
        minutes=7 * 24 * HOURS + 6 * HOURS,
        seconds=1800,
    ),
    Case(
        sentence="a third of it was deleted",
        alert=AlertName.BACKUP_SHRUNK,
        but={OBJECTS: "4000+0x59 2700+0xN"},
        minutes=80,
    ),
    Case(
        sentence="a platform that has hardly begun is emptied",
        alert=AlertName.BACKUP_SHRUNK,
        but={OBJECTS: "100+0x59 1+0xN", DATABASE: f"{10 * MIB}+0x59 1+0xN"},
        minutes=80,
    ),
    Case(
        sentence="a backup takes more than half of three hours",
        alert=AlertName.BACKUP_SLOW,
        but={DURATION: "200+0x9 5460+0xN"},
        minutes=16,
        fires=(
            Firing(
                severity="info",
                description=(
                    "The last good backup of data-platform took 1h 31m 0s, more than 50 % of the 3h that its data may "
                    "be old."
                ),
            ),
        ),
    ),
    Case(
        sentence="a backup takes half of three hours and no more",
        alert=AlertName.BACKUP_SLOW,
        but={DURATION: "5400+0xN"},
        minutes=30,
    ),
)
WITNESS = (
    Case(
        sentence="the exporter cannot reach the bucket of backups",
        alert=AlertName.BACKUP_UNWATCHED,
        but={LOOKS: "1+0x9 0+0xN"},
        minutes=26,
        fires=(UNWATCHED,),
    ),
    Case(
        sentence="the exporter was not told of the backups",
        alert=AlertName.BACKUP_UNWATCHED,
        but={LOOKS: None},
        minutes=16,
        fires=(UNWATCHED,),
    ),
    Case(
        sentence="the exporter is replaced",
        alert=AlertName.BACKUP_UNWATCHED,
        but={LOOKS: "1+0x9 _x5 0+0x2 1+0xN"},
        minutes=30,
    ),
    Case(
        sentence="the exporter cannot reach the bucket of backups, which is no store of the server",
        alert=AlertName.EXPORTER_FAILING,
        but={LOOKS: "0+0xN"},
        minutes=30,
    ),
)
CASES = (*AGE, *RUNS, *PROOFS, *CONTENT, *WITNESS)
