"""`pitr-restore`: one database to a moment, out of the recovered instance that it was part of.

Artifacts are not touched: the log has none. What was deleted since is in the versions of the artifact bucket, or in a
logical backup (`restore`).
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mlflow_backup.database.programs import running
from mlflow_backup.database.restore import restore_database
from mlflow_backup.database.session import connected, demand_lock, revision, row_counts, take_lock
from mlflow_backup.database.target import demand_room
from mlflow_backup.failures import BackupError
from mlflow_backup.point_in_time.fetching import fetch
from mlflow_backup.point_in_time.scratch import Scratch, recovered
from mlflow_backup.storage.streams import drain

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mlflow_backup.point_in_time.settings import FetchSettings
    from mlflow_backup.report import Report
    from mlflow_backup.storage.streams import Writable

_UNCHANGED = "the database is as it was"


def restore_moment(
    settings: FetchSettings,
    report: Report,
    moment: datetime | None,
    *,
    service: str,
    database: str | None,
    folder: Path,
    replace: bool,
) -> None:
    """Restore, in one transaction: whatever fails, what was there before is still there.

    Args:
        settings: Of the command.
        report: Told how far it is.
        moment: To recover to; None: the end of the log.
        service: Section of the service file; the role owns what is restored.
        database: Its name in the instance; None: as in the section.
        folder: For the recovered instance; emptied in the end.
        replace: Drop what the role owns in the database.

    Raises:
        RefusedError: The moment cannot be had, or the place is taken; nothing has changed.
        RetryLaterError: Somebody has the lock, or the session that holds it is gone; nothing has changed.
        BackupError: A part failed, or what was restored differs.
    """
    with connected(service) as session:
        take_lock(session)
        room = demand_room(session, replace=replace)
        source = database or session.info.dbname
        fetched = fetch(settings, report, moment, folder)
        try:
            with ExitStack() as stack:
                with report.phase("recover"):
                    scratch = stack.enter_context(recovered(fetched, settings.superuser, source))
                with scratch.session(source) as there:
                    expected, has = row_counts(there), revision(there)
                with report.phase("database"):
                    demand_lock(session, _UNCHANGED)
                    restore_database(
                        service,
                        None,
                        lambda plain: _dump(scratch, source, plain),
                        room,
                        lambda: demand_lock(session, _UNCHANGED),
                    )
        finally:
            for path in folder.iterdir():
                shutil.rmtree(path, ignore_errors=True)
        with report.phase("compare"):
            found = row_counts(session)
    different = {
        name: {"expected": expected.get(name), "found": found.get(name)}
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    }
    report.details |= {
        "revision": has,
        "tables": len(found),
        "rows": sum(found.values()),
        "tables_different": different,
    }
    if different:
        raise BackupError(f"what was restored differs in the rows of {', '.join(different)}", "different")


def _dump(scratch: Scratch, database: str, plain: Writable) -> None:
    arguments = ("--format=custom", "--no-password", f"--dbname={scratch.address(database)}")
    with running("pg_dump", *arguments, writes=True) as program:
        drain(program.output, plain.write)
        program.demand_success("dump")
