"""Records a release: `python -m tests.unit.released`, in the shell of `make env`, once the version is raised."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.unit import program
from tests.unit.golden.lists import LISTS
from tests.unit.released import record


def main() -> int:
    """Writes every record; one of this version that is there is what users have, and stays."""
    if [name for name in LISTS if record.file(name).exists() and record.read(name)["release"] == record.version()]:
        print(f"error: release {record.version()} is recorded, and a stack of it may be in use", file=sys.stderr)
        print("  cure: raise the version in pyproject.toml; if nobody has it yet, delete its records", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        for name, (stack, overrides) in LISTS.items():
            made = record.made(program.run(Path(folder), stack, **overrides), stack)
            record.file(name).write_text(json.dumps(made, indent=2, sort_keys=True) + "\n")
            print(f"{record.file(name)}: {len(made['resources'])} resources")
    return 0


if __name__ == "__main__":
    sys.exit(main())
