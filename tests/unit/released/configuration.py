"""Prints the configuration that a record was made by: `python -m tests.unit.released.configuration NAME FOLDER`.

For the engine, which has the program read it anew; FOLDER gets the files that it names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.unit import stack_files
from tests.unit.golden.lists import LISTS


def main(name: str, folder: str) -> None:
    """Prints the stack's name, its plain values in the types of the schema, and its secrets, as JSON."""
    stack, overrides = LISTS[name]
    schema = stack_files.schema()
    plain: dict[str, Any] = {key: value for key, value in stack_files.stack_file(stack).items() if ":" in key}
    secrets: dict[str, str] = {}
    for key, value in stack_files.values(stack, Path(folder), **overrides).items():
        if schema[key]["description"].startswith("Secret:"):
            if value:
                secrets[key] = value
        else:
            plain[key] = value if schema[key]["type"] == "string" else json.loads(value)
    print(json.dumps({"stack": stack, "plain": plain, "secrets": secrets}))


if __name__ == "__main__":
    main(*sys.argv[1:])
