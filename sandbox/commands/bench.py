"""`make bench`: figures as JSON lines, ratios where the machine's own speed would blur a number."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import network, paths, processes, stack
from sandbox.commands import down, up
from sandbox.supervisor import client
from sandbox.toolchain import go_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

PREVIEW_PAIRS = 5
PREVIEW_SECONDS = 300.0
WARM_UP_GOAL_SECONDS = 90
PREVIEW_GOAL_RATIO = 1.3

EMPTY_PROGRAM = '''
    """The same providers as the platform's, and nothing that uses them."""
    import os

    import pulumi_kubernetes
    import pulumi_minio
    import pulumi_postgresql

    pulumi_kubernetes.Provider("kubernetes", kubeconfig=os.environ["KUBECONFIG"])
    pulumi_postgresql.Provider("postgresql", host="NODE", username="nobody", password="none", sslmode="require")
    pulumi_minio.Provider("minio", minio_server="NODE:9000", minio_user="nobody", minio_password="none")
'''


def run() -> None:
    """Measures and prints; leaves a sandbox running if one ran before."""
    ran_before = client.init_process() is not None
    for tool, seconds in go_tools.build_times().items():
        emit("cold build of a tool", tool=tool, seconds=seconds)
    emit("cold build of all tools", seconds=round(sum(go_tools.build_times().values()), 1))
    if ran_before:
        down.run()
    begun = time.monotonic()
    up.run()
    emit("warm make up to the first logged run", seconds=round(time.monotonic() - begun, 1), goal=WARM_UP_GOAL_SECONDS)
    begun = time.monotonic()
    up.run()
    emit("make up on a running sandbox", seconds=round(time.monotonic() - begun, 1))
    with tempfile.TemporaryDirectory() as folder:
        preview_ratio(Path(folder))
    if not ran_before:
        down.run()


def emit(what: str, **figures: object) -> None:
    """Prints one line."""
    sys.stdout.write(json.dumps({"bench": what, **figures}) + "\n")
    sys.stdout.flush()


def preview_ratio(folder: Path) -> None:
    """Times `pulumi preview` of the platform against an empty program with the same providers, in turn."""
    (folder / "Pulumi.yaml").write_text("name: empty\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(EMPTY_PROGRAM).replace("NODE", network.NODE_ADDRESS))
    platform = os.environ | stack.environment()
    empty = {name: value for name, value in platform.items() if name != "PULUMI_OPTION_CONFIG_FILE"}
    empty |= {"PULUMI_BACKEND_URL": f"file://{folder}"}
    processes.output_of(
        [stack.BIN / "pulumi", "stack", "init", "bench", f"--cwd={folder}"], what="pulumi stack init", env=empty
    )
    pairs = [(_seconds(paths.CLONE, platform), _seconds(folder, empty)) for _ in range(PREVIEW_PAIRS)]
    emit(
        "pulumi preview against an empty program with the same providers",
        seconds=round(statistics.median(mine for mine, _ in pairs), 2),
        empty_seconds=round(statistics.median(other for _, other in pairs), 2),
        ratio=round(statistics.median(mine / other for mine, other in pairs), 2),
        goal=PREVIEW_GOAL_RATIO,
        pairs=PREVIEW_PAIRS,
    )


def _seconds(program: Path, environment: Mapping[str, str]) -> float:
    begun = time.monotonic()
    processes.output_of(
        [stack.BIN / "pulumi", "preview", "--non-interactive", f"--cwd={program}"],
        what="the timed pulumi preview",
        timeout=PREVIEW_SECONDS,
        env=environment,
    )
    return time.monotonic() - begun
