"""`make down`: removes what was deployed and leaves the machine as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox import ownership, paths, platform
from sandbox.locking import exclusive
from sandbox.progress import Progress
from sandbox.supervisor import client
from sandbox.toolchain import host

if TYPE_CHECKING:
    from pathlib import Path

DESTROY_SECONDS = 300.0


def run() -> None:
    """Runs `pulumi destroy` in the clone that deployed, then removes the sandbox whatever state it is in."""
    progress = Progress()
    host.demand_suitable()
    host.extend_path()
    with exclusive(paths.LOCK, wait=False, doing=f"make down in {paths.CLONE}"):
        owner = ownership.owner() or paths.CLONE
        if client.init_process() is not None and (owner / ".sandbox" / "kubeconfig").exists():
            _destroy(owner, progress)
        if platform.exists():
            progress.say("sandbox", "ending its processes, mounts, network and control groups")
        platform.stop()
        shutil.rmtree(owner / ".sandbox", ignore_errors=True)
        shutil.rmtree(paths.LOCAL, ignore_errors=True)
        host.remove_leftovers()
        # While it is held: whoever waits for it sees that it is gone, and takes another.
        paths.LOCK.unlink(missing_ok=True)
    progress.say("sandbox", "nothing of it is left on this machine but the cache of tools and images")


def _destroy(owner: Path, progress: Progress) -> None:
    """Destroys with the owner's own program and secrets; a sandbox that goes away anyway may fail it."""
    progress.say("pulumi", "pulumi destroy")
    environment = os.environ | {"PYTHONPATH": str(owner)}
    try:
        code = subprocess.run(
            [sys.executable, "-c", "from sandbox import stack; stack.destroy()"],
            cwd=owner,
            env=environment,
            timeout=DESTROY_SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        code = 1
    if code != 0:
        progress.say("pulumi", "destroy did not finish; what it left goes away with the sandbox")
