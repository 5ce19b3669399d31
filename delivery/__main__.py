"""The commands that the workflows run, and people on a laptop: `python3 -m delivery COMMAND --help`.

Exit codes: 0 for success, 1 for a failure, 2 for a command line that is wrong, and 3 for drift.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from delivery import engine, looking, report
from delivery.digest import digest_of, parse
from delivery.errors import DeliveryError
from delivery.github import API, BOT, PullRequest
from delivery.sections import GITHUB_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.digest import Digest

DRIFTED = 3
FILES_HELP = "digest of a stack, named after it (prod.json)"


def digests(files: Sequence[Path]) -> list[Digest]:
    """Reads digests from files that are named after their stacks.

    Raises:
        DeliveryError: one is missing or is none.
    """
    read = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DeliveryError(
                f"{file} cannot be read: {error}", "give files that `preview` or `refresh` wrote"
            ) from error
        read.append(parse(text, stack=file.stem, source=str(file)))
    return read


def look(options: argparse.Namespace) -> int:
    """Commands `preview` and `refresh`: keeps what the engine says, and the rules say of it, in a file."""
    document = options.look(options.stack, os.environ)
    output: Path = options.output or Path("previews") / f"{options.stack}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(engine.text_of(document), encoding="utf-8")
    sys.stderr.write(f"{options.command} of {options.stack}: {output}\n")
    read = digest_of(document, stack=options.stack, source=str(output))
    if read.refusal:
        sys.stderr.write("".join(f"{line}\n" for line in (*read.refusal.details, read.refusal.summary)))
    return 1 if read.failed or read.refusal else 0


def render(options: argparse.Namespace) -> int:
    """Command `render`: prints the comment."""
    sys.stdout.write(report.render(digests(options.files), report.PREVIEW, _origin(options), options.limit))
    return 0


def comment(options: argparse.Namespace) -> int:
    """Command `comment`: writes the comment on the pull request."""
    place = PullRequest(
        repository=options.repository,
        number=options.pull_request,
        token=os.environ.get("GITHUB_TOKEN", ""),
        author=options.author,
        api=os.environ.get("GITHUB_API_URL") or API,
    )
    sys.stdout.write(f"{place.put(report.render(digests(options.files), report.PREVIEW, _origin(options)))}\n")
    return 0


def drift(options: argparse.Namespace) -> int:
    """Command `drift`: prints the report, and tells by the exit code whether there is any."""
    read = digests(options.files)
    sys.stdout.write(report.render(read, report.DRIFT, _origin(options), options.limit))
    for digest in read:
        if digest.failed:
            sys.stderr.write(f"{digest.stack}: nobody knows whether it drifted\n")
        elif digest.changed:
            sys.stderr.write(f"{digest.stack}: drifted\n")
    if any(digest.failed for digest in read):
        return 1
    return DRIFTED if any(digest.changed for digest in read) else 0


def deploy(options: argparse.Namespace) -> int:
    """Command `deploy`: `pulumi up` of what the rules allow, and nobody approved otherwise."""
    demand_allowed(options.stack, options.approved)
    return 0 if engine.act(["up", "--yes"], options.stack, os.environ) == 0 else 1


def demand_allowed(stack: str, approved: Path | None) -> None:
    """Asks the engine once more, since others may have deployed between preview and approval.

    Raises:
        DeliveryError: it would fail, violate a mandatory rule, or do something else than was approved.
    """
    then = digests([approved])[0] if approved else None
    now = digest_of(looking.preview(stack, os.environ), stack=stack, source="the preview")
    if now.failed or (then and then.failed):
        raise DeliveryError(f"the preview of {stack} failed, and nothing was deployed", "mend the errors above first")
    if now.refusal:
        told = "\n".join(now.refusal.details)
        raise DeliveryError(
            f"{stack} would violate a policy, and nothing was deployed\n{told}",
            "mend each as its own cure says, or list an exception with its reason (docs/policies.md)",
        )
    if then:
        _demand_same(stack, then, now)


def _demand_same(stack: str, then: Digest, now: Digest) -> None:
    before, after = ({change.outline: change for change in digest.changes} for digest in (then, now))
    if before.keys() != after.keys():
        other = [after.get(key) or before[key] for key in before.keys() ^ after.keys()]
        names = ", ".join(sorted({f"{change.type} {change.name}" for change in other}))
        raise DeliveryError(
            f"{stack} would not change any more as it was approved, but otherwise: {names}",
            "run the workflow of the newest commit, and approve what its preview says",
        )


def destroy(options: argparse.Namespace) -> int:
    """Command `destroy`: `pulumi destroy`, with its preview, which refuses while the data is protected."""
    expected = f"destroy {options.stack}"
    if options.confirm != expected:
        raise DeliveryError(
            f"the confirmation is {options.confirm!r}, and nothing was touched", f"to destroy it, type: {expected}"
        )
    return 0 if engine.act(["destroy", "--yes"], options.stack, os.environ) == 0 else 1


def _origin(options: argparse.Namespace) -> report.Origin:
    return report.Origin(commit=options.commit, run_url=options.run_url)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python3 -m delivery", description=__doc__.partition("\n")[0])
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, purpose: str, **defaults: object) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        added.set_defaults(**defaults)
        return added

    for name, purpose, asked in (
        ("preview", "ask the engine what `pulumi up` would change, and the rules about it", looking.preview),
        ("refresh", "ask the engine what is not as it was deployed, and keep its answer", looking.refresh),
    ):
        asking = command(name, purpose, run=look, look=asked)
        asking.add_argument("--stack", required=True, help="name of the stack")
        asking.add_argument("--output", type=Path, metavar="FILE", help="where to; previews/STACK.json unless given")
    rendering = command("render", "print the comment for previews that were kept", run=render)
    commenting = command("comment", "write the comment on a pull request, or rewrite it", run=comment)
    commenting.add_argument("--repository", required=True, metavar="OWNER/NAME", help="where the pull request is")
    commenting.add_argument("--pull-request", required=True, type=int, metavar="NUMBER", help="its number")
    commenting.add_argument("--author", default=BOT, help="login that GITHUB_TOKEN writes as (%(default)s)")
    drifting = command("drift", f"print the report of drift; exit code {DRIFTED} where there is any", run=drift)
    for reading in (rendering, commenting, drifting):
        reading.add_argument("files", nargs="+", type=Path, metavar="FILE", help=FILES_HELP)
        reading.add_argument("--commit", default="", help="commit that the report is about")
        reading.add_argument(
            "--run-url", default="", metavar="URL", help="run that made it, where the whole can be read"
        )
    for printing in (rendering, drifting):
        printing.add_argument(
            "--limit", type=int, default=GITHUB_LIMIT, metavar="N", help="characters to keep within (%(default)s)"
        )
    deploying = command("deploy", "deploy a stack", run=deploy)
    destroying = command("destroy", "destroy all that a stack deployed", run=destroy)
    for acting in (deploying, destroying):
        acting.add_argument("--stack", required=True, help="name of the stack")
    deploying.add_argument(
        "--approved",
        type=Path,
        metavar="FILE",
        help="preview that was approved; what would do anything else is refused",
    )
    destroying.add_argument("--confirm", required=True, metavar="TEXT", help="the words `destroy STACK`")
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = parser().parse_args(words)
    try:
        return int(options.run(options))
    except DeliveryError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
