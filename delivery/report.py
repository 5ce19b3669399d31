"""The comment on a pull request and the report of drift: previews of stacks as one piece of Markdown."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.sections import GITHUB_LIMIT, Section, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from delivery.digest import Change, Difference, Digest
    from delivery.verdict import Verdict

MARKER = "<!-- mlflow-platform: preview -->"
"""The first line of the comment, by which the next run finds it."""
COLUMNS = ("create", "update", "replace", "delete", "same")
SIGNS = {"add": "+", "delete": "-", "create": "+", "import": "+"}
"""By which a diff is coloured; everything else is a change."""
CALLED_OUT, SAID, FORBIDDEN, FOLDED = 1, 2, 3, 4
"""Ranks: what must be seen, what went wrong, what the rules say, and what else there is."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a report calls things."""

    title: str
    marker: str
    nothing: str
    removals: str
    """Heads the list of what is replaced or deleted."""
    protected: str
    """What becomes of a protected resource in that list."""
    data: str
    """What becomes of stored data in that list."""
    kept: bool
    """Whether what is protected, and its data, stays after all."""
    fold: str


PREVIEW = Words(
    title="Preview",
    marker=MARKER,
    nothing="Nothing to do.",
    removals="Replaced or deleted:",
    protected="protected: `pulumi up` refuses this",
    data="**its data is lost**",
    kept=True,
    fold="What changes",
)
DRIFT = Words(
    title="Drift",
    marker="",
    nothing="No drift: everything is as it was deployed.",
    removals="Gone, though deployed:",
    protected="protected against Pulumi, yet gone",
    data="**its data is gone**",
    kept=False,
    fold="What differs from what was deployed",
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a report comes from; empty where it does not matter."""

    commit: str = ""
    run_url: str = ""


def render(digests: Sequence[Digest], words: Words, origin: Origin, limit: int = GITHUB_LIMIT) -> str:
    """The report, of at most `limit` characters."""
    where = f"in the [summary of the run]({origin.run_url})" if origin.run_url else "what `make preview` prints"
    note = f"\n**Shortened** to {limit:,} characters; the whole is {where}.\n"
    return fit(list(_sections(digests, words, origin)), limit, note)


def _sections(digests: Sequence[Digest], words: Words, origin: Origin) -> Iterator[Section]:
    if words.marker:
        yield Section(opening=words.marker)
    source = [f"commit `{origin.commit[:12]}`"] if origin.commit else []
    source += [f"[run]({origin.run_url})"] if origin.run_url else []
    names = " and ".join(code(digest.stack) for digest in digests)
    yield Section(opening=f"## {words.title} of {names}\n" + (f"\n{', '.join(source)}\n" if source else ""))
    yield Section(opening="\n".join(_table(digests)))
    for digest in digests:
        yield Section(opening=f"\n### {digest.stack}\n")
        yield from _stack(digest, words)


def _table(digests: Sequence[Digest]) -> Iterator[str]:
    others = {word for digest in digests for word, count in digest.counts.items() if count} - {*COLUMNS, "refresh"}
    columns = [*COLUMNS, *sorted(others)]
    yield f"| stack | {' | '.join(columns)} | |"
    yield f"|---|{'--:|' * len(columns)}---|"
    for digest in digests:
        counts = " | ".join(_count(digest, column) for column in columns)
        yield f"| {code(digest.stack)} | {counts} | {_verdict(digest)} |"


def _count(digest: Digest, column: str) -> str:
    number = digest.counts.get(column, 0)
    text = str(number) if digest.finished else "?"
    return f"**{text}**" if number and column in {"replace", "delete"} else text


def _verdict(digest: Digest) -> str:
    if digest.failed:
        return "❌ failed"
    if digest.refusal:
        return "⛔ violates a policy"
    if any(change.removes or change.unprotects for change in digest.changes):
        return "⚠️ look closely"
    return "" if digest.changed else "nothing to do"


def _stack(digest: Digest, words: Words) -> Iterator[Section]:
    removed = [change for change in digest.changes if change.removes]
    if removed:
        # Those of consequence first, should the list be cut off.
        removed.sort(key=lambda change: (not change.protected, not change.loses_data))
        lines = [f"> - {_removal(change, words)}" for change in removed]
        opening = f"> [!CAUTION]\n> {words.removals}"
        yield Section(opening=opening, lines=lines, closing="\n", rank=CALLED_OUT, mark="> - ")
    unprotected = [f"> - {_named(change)}" for change in digest.changes if change.unprotects]
    if unprotected:
        opening = "> [!WARNING]\n> No longer protected against being deleted or replaced:"
        yield Section(opening=opening, lines=unprotected, closing="\n", rank=CALLED_OUT, mark="> - ")
    yield from _said(digest)
    if digest.verdict:
        yield _judged(digest.verdict)
    if digest.changes:
        yield _fold(digest, words)
    elif not digest.failed:
        yield Section(opening=words.nothing)


def _removal(change: Change, words: Words) -> str:
    parts = [f"**{change.operation}** {_named(change)}"]
    if change.because:
        parts.append(f"because of {', '.join(code(reason) for reason in change.because)}")
    parts += [words.protected] if change.protected else []
    parts += [words.data] if change.loses_data and not (change.protected and words.kept) else []
    return ", ".join(parts)


def _said(digest: Digest) -> Iterator[Section]:
    if not digest.finished:
        yield Section(opening="**The preview ended early**: nobody knows what an update would do.\n")
    # What the program writes to standard error matters only where it explains a failure, such as a traceback.
    heads = {"error": "Errors", "warning": "Warnings"} | ({"info#err": "From the program"} if digest.failed else {})
    for severity, title in heads.items():
        lines = [
            line
            for message in digest.messages
            if message.severity == severity
            for line in (f"{message.name}: " * bool(message.name) + message.text).splitlines()
        ]
        if lines:
            fence = _fence(lines)
            yield Section(opening=f"{title}:\n\n{fence}text", lines=lines, closing=f"{fence}\n", rank=SAID)


def _judged(verdict: Verdict) -> Section:
    # The pull request's own code made the file that this is read from: nothing in it may be Markdown or HTML.
    line = f"Policies: {'⛔ ' * verdict.refused}{html.escape(' '.join(verdict.summary.split()))}"
    if not verdict.details:
        return Section(opening=f"<p>{line}</p>\n")
    fence = _fence(verdict.details)
    # Open where somebody has to do something about it.
    return Section(
        opening=f"<details{' open' * verdict.refused}><summary>{line}</summary>\n\n{fence}text",
        lines=verdict.details,
        closing=f"{fence}\n\n</details>\n",
        rank=FORBIDDEN,
    )


def _fold(digest: Digest, words: Words) -> Section:
    lines = [line for change in digest.changes for line in _lines(change)]
    fence = _fence(lines)
    number = len(digest.changes)
    return Section(
        opening=f"<details><summary>{words.fold}: {number} resource{'s' * (number != 1)}</summary>\n\n{fence}diff",
        lines=lines,
        closing=f"{fence}\n\n</details>\n",
        rank=FOLDED,
    )


def _lines(change: Change) -> Iterator[str]:
    sign = "-" if change.operation.startswith("delete") else SIGNS.get(change.operation, "!")
    yield f"{sign} {change.operation} {change.type} {change.name}"
    for difference in change.differences:
        yield _line(difference)


def _line(difference: Difference) -> str:
    kind, _, replaces = difference.kind.partition("-")
    sign = SIGNS.get(kind, "!")
    value = {"+": difference.new, "-": difference.old}.get(sign, f"{difference.old} → {difference.new}")
    return f"{sign}     {difference.path}: {value}{' (forces the replacement)' * bool(replaces)}"


def _named(change: Change) -> str:
    return f"{code(change.type)} {code(change.name)}"


def _fence(lines: Sequence[str]) -> str:
    """A fence that none of the lines can close."""
    longest = 3
    while any("`" * longest in line for line in lines):
        longest += 1
    return "`" * longest


def code(text: str) -> str:
    """A name as inline code, whatever is in it: it can end neither that nor the cell of a table."""
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', '¦')}`"
