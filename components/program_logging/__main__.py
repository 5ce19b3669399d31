"""Runs a module of Python whose log is JSON from its first line on, whatever that module prints or dies of.

`python -m components.program_logging LOG.json MODULE ARGUMENTS...`, where the file holds a `configuration`. This does
what `python -m MODULE ARGUMENTS...` does, in the same process. A `sitecustomize` on Python's path would need no command
of its own, but also change what every `kubectl exec ... python` in the pod prints.
"""

from __future__ import annotations

import json
import logging.config
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Set the log up, and run."""
    description, module, *arguments = sys.argv[1:]
    logging.config.dictConfig(json.loads(Path(description).read_text(encoding="utf-8")))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
