"""Whether a command of a workflow or a guide is there, with the options that it is given."""

from __future__ import annotations

import os
import re

from delivery.__main__ import parser
from sandbox import paths

ROOT = paths.CLONE


def demand_runnable(words: list[str]) -> None:
    """Fails unless a command is there, and the one that it is given to run."""
    if words[0].startswith(".ci/"):
        assert os.access(ROOT / words[0], os.X_OK), words[0]
        if words[1:]:
            demand_runnable(words[1:])
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}: ", (ROOT / "Makefile").read_text(), re.MULTILINE), words[1]
    else:
        assert words[:3] == ["python3", "-m", "delivery"], words
        # Ends the test where an option is wrong.
        parser().parse_args(["7" if word == "$NUMBER" else word for word in words[3:]])
