"""The table of contents of all guides: what each is about, in its own words, and its sections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.guides.markdown import sections, without_links

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.guides.markdown import Section

INDEX = "README.md"
_FIRST = (
    "deployment.md",
    "configuration.md",
    "sso.md",
    "security.md",
    "policies.md",
    "judges.md",
    "delivery.md",
    "runbook.md",
    "troubleshooting.md",
    "point-in-time.md",
    "integration-guide.md",
    "service-catalog.md",
)
"""In the order in which one comes to need them; another one comes behind."""
_ALERT = "MLFlow"
_OWN_CONTENTS = "Contents"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SENTENCE = re.compile(r"(.+?\.)(?=\s|$)", re.DOTALL)


def contents(folder: Path) -> str:
    """A list of the guides in a folder, but for its index."""
    names = [file.name for file in folder.glob("*.md") if file.name != INDEX]
    order = sorted(names, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return "\n".join(_entry(name, sections((folder / name).read_text())) for name in order)


def _entry(name: str, found: Sequence[Section]) -> str:
    title, *rest = found
    parts = [each for each in rest if each.level == title.level + 1]
    alerts = sum(each.title.startswith(_ALERT) for each in parts)
    links = [
        f"[{each.title}]({name}#{each.anchor})" for each in parts if not each.title.startswith((_ALERT, _OWN_CONTENTS))
    ]
    links = [f"{alerts} alerts", *links] if alerts else links
    return f"- **[{title.title}]({name})**. {_purpose(title)}\n  {' · '.join(links)}\n"


def _purpose(title: Section) -> str:
    """The first sentence below the title. Its links are those of another document."""
    paragraph = _COMMENT.sub("", title.text).strip().partition("\n\n")[0]
    sentence = _SENTENCE.match(paragraph)
    return " ".join(without_links(sentence[1] if sentence else paragraph).split())
