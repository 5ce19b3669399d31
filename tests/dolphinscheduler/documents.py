"""The blocks of code in a document."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


def blocks(document: Path, language: str, heading: str = "") -> list[str]:
    """The blocks of a language, in their order; below one heading, where it is given, and before the next like it."""
    text = document.read_text(encoding="utf-8")
    if heading:
        level = heading.partition(" ")[0]
        text = text.partition(f"\n{heading}\n")[2].partition(f"\n{level} ")[0]
    return [textwrap.dedent(found["text"]) for found in BLOCK.finditer(text) if found["language"] == language]
