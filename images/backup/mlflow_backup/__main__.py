"""Runs one command: `python -m mlflow_backup --help`.

Each result is a line of JSON on standard output (of `list`, the list); the log is on standard error.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlflow_backup.archive.layout import status_key
from mlflow_backup.command_line import parser
from mlflow_backup.commands import listing, moments
from mlflow_backup.commands.create import create
from mlflow_backup.commands.drill import drill
from mlflow_backup.commands.moment_restore import restore_moment
from mlflow_backup.commands.prune import prune
from mlflow_backup.commands.restoration import Wish
from mlflow_backup.commands.restore import restore
from mlflow_backup.commands.verify import verify
from mlflow_backup.failures import ExitCode, NothingToDoError, StoppedError, UsageError, as_failure
from mlflow_backup.log import log_as_json
from mlflow_backup.point_in_time.fetching import fetch, moment_of
from mlflow_backup.point_in_time.running import run as run_point_in_time
from mlflow_backup.point_in_time.settings import FetchSettings, RunSettings
from mlflow_backup.report import Report
from mlflow_backup.settings import (
    CreateSettings,
    PruneSettings,
    RestoreSettings,
    TargetSettings,
    VerifySettings,
    known_revisions,
)
from mlflow_backup.stopping import stop_on_signals
from mlflow_backup.storage.bucket import Bucket
from mlflow_backup.storage.catalogue import LATEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow_backup.result import Result

_LOG = logging.getLogger(__name__)
_WITH_STATUS = ("create", "verify", "drill", "prune")
"""A restore is rare and may be into another place: its result is for whoever asked for it."""


def main(arguments: Sequence[str]) -> int:
    """Run a command; tell the exit code."""
    chosen = parser().parse_args(arguments)
    log_as_json()
    stop_on_signals()
    try:
        if chosen.command == "list":
            return _list(chosen)
        if chosen.command == "pitr-list":
            return _list_moments(chosen)
        if chosen.command == "pitr-run":
            # It ends by a signal alone, and tells how it goes in the bucket meanwhile.
            run_point_in_time(RunSettings.of(os.environ))
        return _run(chosen)
    except (Exception, StoppedError) as error:  # noqa: BLE001 - every end has a code, also one that nobody has foreseen
        code, reason, message = as_failure(error)
        _LOG.error("%s", message, extra={"facts": {"reason": reason}})
        return code


def _list(chosen: argparse.Namespace) -> int:
    found = listing.rows(TargetSettings.of(os.environ))
    sys.stdout.write((listing.as_json(found) if chosen.json else listing.as_table(found)) + "\n")
    return 0


def _list_moments(chosen: argparse.Namespace) -> int:
    found = moments.rows(TargetSettings.of(os.environ))
    sys.stdout.write((moments.as_json(found) if chosen.json else moments.as_table(found)) + "\n")
    return 0


def _run(chosen: argparse.Namespace) -> int:
    result = _attempt(chosen)
    if chosen.command == "create" and result.ok and chosen.verify:
        result = _attempt(argparse.Namespace(command="verify", backup=result.id, deep=False, report=None))
    if chosen.command == "create" and chosen.if_any and result.exit_code == ExitCode.NOTHING_TO_DO:
        return ExitCode.DONE
    return result.exit_code


def _attempt(chosen: argparse.Namespace) -> Result:
    report = Report(chosen.command)
    failure: BaseException | None = None
    try:
        _dispatch(chosen, report)
    except BaseException as error:  # noqa: BLE001 - told below, with whatever is known until then
        failure = error
    result = report.result(failure)
    _publish(chosen, result, failure)
    return result


def _dispatch(chosen: argparse.Namespace, report: Report) -> None:
    environment = os.environ
    if chosen.command == "create":
        create(CreateSettings.of(environment), report)
    elif chosen.command == "verify":
        verify(VerifySettings.of(environment), report, _wanted(chosen), deep=chosen.deep)
    elif chosen.command == "prune":
        prune(PruneSettings.of(environment), report, datetime.now(UTC), dry_run=chosen.dry_run)
    elif chosen.command == "pitr-fetch":
        fetch(FetchSettings.of(environment), report, moment_of(chosen.to), chosen.folder)
    elif chosen.command == "pitr-restore":
        restore_moment(
            FetchSettings.of(environment, chosen.database_service),
            report,
            moment_of(chosen.to),
            service=chosen.database_service,
            database=chosen.source_database,
            folder=chosen.folder,
            replace=chosen.replace,
        )
    else:
        settings = RestoreSettings.of(environment, chosen.database_service, chosen.bucket)
        wish = Wish(
            backup=_wanted(chosen),
            revisions=known_revisions(chosen.known_revisions),
            sample=chosen.sample,
            foreign=getattr(chosen, "foreign", False),
            incomplete=getattr(chosen, "incomplete", False),
            quick=getattr(chosen, "quick", False),
        )
        if chosen.command == "restore":
            restore(settings, report, wish, replace=chosen.replace)
        else:
            drill(settings, report, wish, chosen.server_command)


def _wanted(chosen: argparse.Namespace) -> str:
    return str(chosen.backup or os.environ.get("BACKUP_ID") or LATEST)


def _publish(chosen: argparse.Namespace, result: Result, failure: BaseException | None) -> None:
    """Tell the result: to the log, to standard output, to a file, and to the bucket for the monitoring."""
    facts = {"reason": result.reason, "exit_code": result.exit_code, "seconds": result.duration_seconds}
    _LOG.log(
        logging.INFO if result.ok else logging.ERROR,
        "%s: %s",
        result.command,
        result.message or "done",
        extra={"facts": facts},
        exc_info=failure if failure is not None and result.reason == "fault" else None,
    )
    sys.stdout.write(result.text() + "\n")
    sys.stdout.flush()
    if chosen.report:
        chosen.report.write_text(result.text() + "\n", encoding="utf-8")
    if result.command in _WITH_STATUS and not _tells_nothing(result, failure):
        try:
            target = Bucket(TargetSettings.of(os.environ).target)
            target.put(status_key(result.command), result.text().encode())
            if result.ok:
                target.put(status_key(result.command, succeeded=True), result.text().encode())
        except Exception:  # noqa: BLE001 - the command is over; how it went has been told elsewhere
            _LOG.warning("the result could not be put into the bucket of backups", exc_info=True)


def _tells_nothing(result: Result, failure: BaseException | None) -> bool:
    """Whether nothing was begun, and so the last result still holds: without tables there is no backup."""
    return isinstance(failure, UsageError) or (result.command == "create" and isinstance(failure, NothingToDoError))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
