"""The runbook as those find it who follow an alert's link."""

from __future__ import annotations

import re

from sandbox import paths


def anchors() -> set[str]:
    """The anchors of its sections, one an alert."""
    text = (paths.CLONE / "docs/runbook.md").read_text()
    return {heading.lower() for heading in re.findall(r"^## (\w+)$", text, re.MULTILINE)}
