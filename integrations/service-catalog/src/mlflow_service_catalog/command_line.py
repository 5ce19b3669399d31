"""The command `mlflow-service-catalog`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_service_catalog.editing import Edit, merge, remove
from mlflow_service_catalog.entry import parse_entry
from mlflow_service_catalog.errors import CatalogError
from mlflow_service_catalog.files import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STANDARD_INPUT = "-"
DONE, WOULD_CHANGE, REFUSED = 0, 1, 2
_EPILOG = "Exit codes: 0 done, or nothing to do; 1 --check found something to do; 2 refused, and nothing was written."


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        words: the arguments; by default the process's own.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(words)
    try:
        entry_id, change = _change(arguments)
        outcome = rewrite(arguments.file, change, write=not arguments.check)
    except CatalogError as error:
        sys.stderr.write(f"mlflow-service-catalog: {error}\n")
        return REFUSED
    would = "would be " if arguments.check and outcome.changes else ""
    sys.stdout.write(f"{arguments.file}: {entry_id} {would}{outcome.value}\n")
    return WOULD_CHANGE if would else DONE


def _change(arguments: argparse.Namespace) -> tuple[str, Callable[[str], Edit]]:
    if arguments.command == "remove":
        return arguments.id, partial(remove, entry_id=arguments.id)
    entry = _entry(arguments.entry)
    return entry["id"], partial(merge, entry=entry, take_over=arguments.take_over)


def _entry(source: str) -> dict[str, str]:
    name = "the entry on standard input" if source == STANDARD_INPUT else source
    try:
        text = (sys.stdin.buffer.read() if source == STANDARD_INPUT else Path(source).read_bytes()).decode("utf-8-sig")
        return parse_entry(text)
    except UnicodeDecodeError as error:
        raise CatalogError(f"{name} is not UTF-8 from byte {error.start} on") from error
    except OSError as error:
        raise CatalogError(f"{name}: {error.strerror}") from error
    except CatalogError as error:
        raise CatalogError(f"{name} {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mlflow-service-catalog",
        description="Keep MLflow's entry in the services.json of a portal, and every other byte of it as it is.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    merging = commands.add_parser("merge", help="put the entry in, or renew it", epilog=_EPILOG)
    merging.add_argument(
        "--entry",
        default=STANDARD_INPUT,
        metavar="FILE",
        help="what `pulumi stack output catalogEntry --json` prints; by default from standard input",
    )
    merging.add_argument(
        "--take-over",
        action="store_true",
        help="replace an entry that looks like somebody else's: with this id for another host, or for this URL",
    )
    removing = commands.add_parser("remove", help="take the entry out", epilog=_EPILOG)
    for command in (merging, removing):
        command.add_argument("--check", action="store_true", help="write nothing; exit with 1 if there is a difference")
        command.add_argument("file", type=Path, metavar="SERVICES_JSON", help="a list of entries, or {services: [...]}")
    removing.add_argument("id", metavar="ID", help="of the entry: member id of the stack output catalogEntry")
    return parser
