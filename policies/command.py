"""The command line: a preview in, a report out, and an exit code that stops a pipeline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from policies import exceptions, registry
from policies.errors import InputError
from policies.judgement import judgement
from policies.pulumi_json import resources_in
from policies.report import report

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT, VIOLATED, UNUSABLE = 0, 1, 2
_EPILOG = f"""\
exit codes:
  {KEPT}  every mandatory rule is kept, or an exception is listed
  {VIOLATED}  a mandatory rule is violated
  {UNUSABLE}  nothing was judged: the input or the arguments are of no use

example:
  pulumi preview --stack prod --json --show-sames | python -m policies --stack prod
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge what standard input holds, and return the exit code."""
    options = _parser().parse_args(arguments)
    if options.list:
        sys.stdout.write(registry.table())
        return KEPT
    try:
        exemptions = exceptions.read(options.exceptions)
        judged = judgement(resources_in(sys.stdin.read()), options.stack, exemptions)
    except InputError as error:
        sys.stderr.write(f"policies: {error}\n")
        return UNUSABLE
    sys.stdout.write(report(judged))
    return VIOLATED if judged.violated else KEPT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m policies",
        description="Judges every resource of a stack by the rules of docs/policies.md. Reads the output of `pulumi "
        "preview --json --show-sames`, or of `pulumi stack export`, from standard input.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--stack", help="name of the stack that the input has to be of: its exceptions hold")
    what.add_argument("--list", action="store_true", help="print every rule as a Markdown table instead")
    parser.add_argument(
        "--exceptions", type=Path, default=exceptions.FILE, metavar="FILE", help="TOML file (default: %(default)s)"
    )
    return parser
