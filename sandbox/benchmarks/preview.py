"""The time of `pulumi preview`, against an empty program with the same providers."""

from __future__ import annotations

import os
import statistics
import textwrap
import time
from typing import TYPE_CHECKING

from sandbox import network, paths, processes, stack
from sandbox.benchmarks.figures import emit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAIRS = 5
SECONDS = 300.0
GOAL_RATIO = 1.3

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


def measure(folder: Path) -> None:
    """Times both on the running sandbox, in turn; `folder` is empty."""
    (folder / "Pulumi.yaml").write_text("name: empty\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(EMPTY_PROGRAM).replace("NODE", network.NODE_ADDRESS))
    platform = os.environ | stack.environment()
    empty = {name: value for name, value in platform.items() if name != "PULUMI_OPTION_CONFIG_FILE"}
    empty |= {"PULUMI_BACKEND_URL": f"file://{folder}"}
    processes.output_of(
        [stack.BIN / "pulumi", "stack", "init", "bench", f"--cwd={folder}"], what="pulumi stack init", env=empty
    )
    pairs = [(_seconds(paths.CLONE, platform), _seconds(folder, empty)) for _ in range(PAIRS)]
    emit(
        "pulumi preview against an empty program with the same providers",
        seconds=round(statistics.median(mine for mine, _ in pairs), 2),
        empty_seconds=round(statistics.median(other for _, other in pairs), 2),
        ratio=round(statistics.median(mine / other for mine, other in pairs), 2),
        goal=GOAL_RATIO,
        pairs=PAIRS,
    )


def _seconds(program: Path, environment: Mapping[str, str]) -> float:
    begun = time.monotonic()
    processes.output_of(
        [stack.BIN / "pulumi", "preview", "--non-interactive", f"--cwd={program}"],
        what="the timed pulumi preview",
        timeout=SECONDS,
        env=environment,
    )
    return time.monotonic() - begun
