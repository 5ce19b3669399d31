"""Writes the schema revisions that the image's MLflow knows, one a line: `python -m migration.known_revisions FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from .schema import Image


def main(file: str) -> None:
    """Write them."""
    Path(file).write_text("".join(f"{revision}\n" for revision in sorted(Image.installed().known)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
