"""Prints the picture of the platform, production with all its options, as the recording engine sees it.

`make docs` asks for it by a process of its own: nothing but tests imports the engine.
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.guides import architecture
from tests.unit import program, stack_files
from tests.unit.policies.recorded import resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policies.resource import Resource

STACK = "prod"
OPTIONS: dict[str, Any] = stack_files.DRILL | stack_files.DATAHUB | stack_files.MOMENTS
OUTSIDE = {peer["cidr"]: "DataHub" for peer in stack_files.DATAHUB["datahubPeers"]}


@cache
def platform() -> Sequence[Resource]:
    """Everything that the program makes."""
    with tempfile.TemporaryDirectory() as folder:
        return resources(program.run(Path(folder), STACK, **OPTIONS), STACK)


if __name__ == "__main__":
    sys.stdout.write(architecture.picture(platform(), OUTSIDE))
