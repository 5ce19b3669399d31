"""What the program can be told on the command line. Everything secret and everything of the place is in `settings`."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlflow_backup import settings
from mlflow_backup.failures import ExitCode
from mlflow_backup.point_in_time import settings as point_in_time
from mlflow_backup.storage.catalogue import LATEST


def parser() -> argparse.ArgumentParser:
    """Make the parser."""
    codes = "\n".join(f"  {code:<4d} {code.meaning}" for code in ExitCode)
    top = argparse.ArgumentParser(
        prog="python -m mlflow_backup",
        description="Back up MLflow's database and artifacts, encrypted, and read them back.",
        epilog=f"{settings.__doc__}\n{point_in_time.__doc__}\nExit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    create = add("create", "make a backup: dump the database, then copy the artifacts that are not stored yet")
    create.add_argument("--if-any", action="store_true", help="where there is nothing to back up yet, end as if done")
    create.add_argument("--verify", action="store_true", help="then do what `verify` does, and tell its result too")
    _report(create)

    listing = add("list", "list the backups, the newest first")
    listing.add_argument("--json", action="store_true", help="as JSON instead of a table")

    verify = add("verify", "see whether a backup is whole")
    _backup(verify)
    verify.add_argument("--deep", action="store_true", help="decrypt everything; needs BACKUP_IDENTITY_FILE")
    _report(verify)

    restore = add("restore", "restore a backup, after all of it has been checked")
    _backup(restore)
    _restoring(restore, "database to restore into, by the role that is to own it")
    restore.add_argument(
        "--replace", action="store_true", help="drop what the role owns in the database, and overwrite artifacts"
    )
    restore.add_argument("--foreign", action="store_true", help="take a backup of another platform")
    restore.add_argument("--incomplete", action="store_true", help="take a backup that lacks artifacts which vanished")
    restore.add_argument(
        "--quick", action="store_true", help="do not decrypt every artifact beforehand: half the time, one check less"
    )
    _report(restore)

    drill = add("drill", "restore into a scratch database and prefix, compare, and remove both again")
    _backup(drill)
    _restoring(drill, "database to start from, by a role with CREATEDB")
    drill.add_argument(
        "--server-command", metavar="TEMPLATE", help="start MLflow on the scratch and ask it for its runs"
    )
    _report(drill)

    prune = add("prune", "remove old backups, leftovers, and artifacts that no backup needs")
    prune.add_argument("--dry-run", action="store_true", help="only tell what would be removed")
    _report(prune)

    add("pitr-run", "receive the log of the PostgreSQL instance and make base backups of it, until told to stop")

    moments = add("pitr-list", "list the base backups and until when the log reaches")
    moments.add_argument("--json", action="store_true", help="as JSON instead of a table")

    fetch = add("pitr-fetch", "bring a base backup and its log back, for a recovery to a moment by hand")
    fetch.add_argument("to", metavar="MOMENT", help="such as 2026-11-26T19:00:00+00:00, or latest")
    fetch.add_argument("folder", type=Path, metavar="DIR", help="an empty folder, or none yet")
    _report(fetch)

    recover = add(
        "pitr-restore", "restore one database to a moment: recover the instance aside, and take it from there"
    )
    recover.add_argument("--to", required=True, metavar="MOMENT", help="2026-11-26T19:00:00+00:00, or latest")
    recover.add_argument(
        "--database-service",
        required=True,
        metavar="NAME",
        help="section of PGSERVICEFILE: the database to restore into, by the role that is to own it",
    )
    recover.add_argument(
        "--source-database", metavar="NAME", help="its name in the instance, where that is another one there"
    )
    recover.add_argument(
        "--folder", required=True, type=Path, metavar="DIR", help="an empty folder with room for the whole instance"
    )
    recover.add_argument("--replace", action="store_true", help="drop what the role owns in the database")
    _report(recover)
    return top


def _backup(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "backup", nargs="?", metavar="ID", help=f"as `list` names it; BACKUP_ID by default, or else {LATEST}"
    )


def _restoring(command: argparse.ArgumentParser, service: str) -> None:
    command.add_argument(
        "--database-service", required=True, metavar="NAME", help=f"section of PGSERVICEFILE: the {service}"
    )
    command.add_argument("--bucket", metavar="NAME", help="instead of BACKUP_RESTORE_BUCKET")
    command.add_argument(
        "--known-revisions", type=Path, metavar="FILE", help="schema revisions that the MLflow to be started knows"
    )
    command.add_argument(
        "--sample",
        type=_count,
        metavar="N",
        help="read back only so many artifacts afterwards, by chance; all by default",
    )


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("--report", type=Path, metavar="FILE", help="write the result as JSON there too")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of artifacts")
    return int(text)
