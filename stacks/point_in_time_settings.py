"""Reads what concerns the point-in-time recovery: whether there is one, and by what the log is received and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi

from components.backup import MomentArgs
from components.point_in_time import VolumeArgs
from stacks import checks
from stacks.storage_settings import ProvisionedDatabase

if TYPE_CHECKING:
    from components.contracts import DatabaseConnection
    from stacks.config_reader import ConfigReader

_MOST_HOURS = 24 * 31
_DATABASE = "postgres"
"""That every server has and everybody may enter; whoever receives the log reads no table."""


@dataclass(frozen=True, kw_only=True)
class PointInTimeSettings:
    """The receiver of the log."""

    user: str
    password: pulumi.Output[str]
    base_hours: int
    volume: VolumeArgs
    restores: MomentArgs

    def open(self, server: DatabaseConnection) -> DatabaseConnection:
        """Take the place of the server's role."""
        return replace(
            server,
            user=self.user,
            password=pulumi.Output.secret(self.password),
            database=_DATABASE,
            user_changes=False,
        )


def read_point_in_time(
    reader: ConfigReader, *, database: ProvisionedDatabase | DatabaseConnection, backups: bool
) -> PointInTimeSettings | None:
    """Read the settings, all of them also where there is no receiver; None where there is none.

    Args:
        reader: Collects what is wrong.
        database: The server's.
        backups: There are backups, whose bucket, keys and image the receiver shares.
    """
    wanted = reader.flag("pointInTime", "it would be unclear whether the log is to be received")
    if wanted and not backups and reader.sound("pointInTime", "backup"):
        reader.report(
            "pointInTime",
            "is true, but backup is false",
            "there would be no bucket to ship the log to, and nothing to bring artifacts back from",
            "pulumi config set backup true, or pulumi config rm pointInTime",
        )
    wanted = wanted and reader.sound("pointInTime")
    settings = PointInTimeSettings(
        user=_user(reader, database, wanted=wanted),
        password=reader.secret(
            "databaseReplicationPassword", "pointInTime is true, and nobody could receive the log" if wanted else None
        ),
        base_hours=reader.integer(
            "pointInTimeBaseHours", 1, _MOST_HOURS, "base backups would be a load, or a recovery would take for ever"
        ),
        volume=_volume(reader),
        restores=MomentArgs(
            room=reader.text("pointInTimeRestoreStorage", "a restore to a moment would have no room", checks.quantity),
            superuser=reader.text(
                "pointInTimeSuperuser", "a restore to a moment could not read what it has recovered", checks.identifier
            ),
        ),
    )
    return settings if wanted else None


def _volume(reader: ConfigReader) -> VolumeArgs:
    key = "pointInTimeStorageClass"
    volume = VolumeArgs(
        size=reader.text("pointInTimeStorage", "the receiver would have no room", checks.quantity),
        claim=reader.flag("pointInTimeClaim", "it would be unclear whether the log outlives the pod"),
        storage_class=reader.optional(key, "Kubernetes would find no such class", checks.dns_name),
    )
    if volume.storage_class and not volume.claim and reader.sound(key):
        reader.report(
            key,
            f"{volume.storage_class!r} is set, but pointInTimeClaim is false",
            "there would be no volume of that class, and the log would go with its pod",
            f"pulumi config set pointInTimeClaim true, or pulumi config rm {key}",
        )
    return volume


def _user(reader: ConfigReader, database: ProvisionedDatabase | DatabaseConnection, *, wanted: bool) -> str:
    key = "databaseReplicationUser"
    user = reader.optional(key, "PostgreSQL would refuse it", checks.identifier) or ""
    if wanted and not user:
        reader.report(
            key,
            "is not set",
            "pointInTime is true, and nobody could receive the log",
            f"have the server's administrator make a role as docs/point-in-time.md says; pulumi config set {key} ROLE",
        )
    owner = database.args.user if isinstance(database, ProvisionedDatabase) else str(database.user)
    if user and user == owner:
        reader.report(
            key,
            f"{user!r} is databaseUser too",
            "the server could read every database of the instance, and the receiver could change this one",
            f"give it a role of its own: pulumi config set {key} ROLE",
        )
    return user
