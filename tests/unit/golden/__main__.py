"""Writes the lists anew from the program: `python -m tests.unit.golden`, in the shell of `make env`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.unit import program
from tests.unit.golden import lists


def main() -> None:
    """Writes every list."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (stack, overrides) in lists.LISTS.items():
            found = lists.lines(program.run(Path(folder), stack, **overrides))
            lists.file(name).write_text("\n".join(found) + "\n")
            print(f"{lists.file(name)}: {len(found)} resources")


if __name__ == "__main__":
    main()
