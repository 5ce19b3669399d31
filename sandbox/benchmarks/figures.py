"""How a benchmark tells what it found."""

from __future__ import annotations

import json
import sys


def emit(what: str, **figures: object) -> None:
    """Prints one line of JSON."""
    sys.stdout.write(json.dumps({"bench": what, **figures}) + "\n")
    sys.stdout.flush()
