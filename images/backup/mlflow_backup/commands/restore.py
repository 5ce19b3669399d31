"""`restore`: a backup into a database and a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow_backup.commands.restoration import Restoration
from mlflow_backup.database.session import connected, demand_lock, take_lock
from mlflow_backup.database.target import demand_room

if TYPE_CHECKING:
    from mlflow_backup.commands.restoration import Wish
    from mlflow_backup.report import Report
    from mlflow_backup.settings import RestoreSettings


def restore(settings: RestoreSettings, report: Report, wish: Wish, *, replace: bool) -> None:
    """Restore.

    Everything is checked before anything is written. Artifacts come first, so that the database never speaks of one
    that is not there; a restore that was interrupted is begun again, and passes over what is in place.

    Raises:
        RetryLaterError: Somebody has the lock, or the session that holds it is gone; the database is as it was.
        RefusedError: The backup is not good enough, or its place is taken; nothing has changed.
        BackupError: A part failed, or what was restored differs.
    """
    with connected(settings.service) as session:
        take_lock(session)
        room = demand_room(session, replace=replace)
        restoration = Restoration(settings, report, wish)
        with restoration.reading():
            restoration.check()
            plan = restoration.plan(replace=replace)
            demand_lock(session, "nothing has been changed")
            restoration.artifacts(plan)
            unchanged = "artifacts are restored, and the database is as it was"
            demand_lock(session, unchanged)
            restoration.database(None, room, lambda: demand_lock(session, unchanged))
            restoration.compare(None)
