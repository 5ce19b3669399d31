"""The control group below which the kubelet puts every pod, so that it can be found and removed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sandbox.errors import SandboxError

MOUNT = Path("/sys/fs/cgroup")
ROOT = "/mlflow-sandbox"
REMOVAL_SECONDS = 20.0


def _hierarchies() -> list[Path]:
    """The mounted hierarchies: one for cgroup v2, one a controller for v1, both where the host is a hybrid."""
    found = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind in {"cgroup", "cgroup2"} and Path(place).is_relative_to(MOUNT):
            found.append(Path(place))
    return found


def prepare() -> None:
    """Makes the group in every hierarchy; on a pure v2 host it also hands it every controller."""
    for hierarchy in _hierarchies():
        group = hierarchy / ROOT.lstrip("/")
        group.mkdir(exist_ok=True)
        if hierarchy == MOUNT:
            for place in (hierarchy, group):
                _hand_on_controllers(place)


def _hand_on_controllers(place: Path) -> None:
    given = (place / "cgroup.subtree_control").read_text().split()
    missing = [name for name in (place / "cgroup.controllers").read_text().split() if name not in given]
    if not missing:
        return
    try:
        (place / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in missing))
    except OSError as error:
        raise SandboxError(
            f"the control group {place} cannot hand on its controllers ({' '.join(missing)}): {error.strerror}",
            "in a container, run it under an init system or with the host's control groups (--cgroupns=host)",
        ) from error


def remove() -> None:
    """Ends what still runs in the group and removes it from every hierarchy.

    Raises:
        SandboxError: a group is still in use after a while.
    """
    deadline = time.monotonic() + REMOVAL_SECONDS
    for hierarchy in _hierarchies():
        group = hierarchy / ROOT.lstrip("/")
        while group.exists():
            for folder, _, _ in os.walk(group, topdown=False):
                _empty(Path(folder))
            if time.monotonic() > deadline:
                raise SandboxError(f"the control group {group} cannot be removed", "end the processes that it holds")
            time.sleep(0.05)


def _empty(group: Path) -> None:
    try:
        for pid in (group / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        group.rmdir()
    except OSError:
        return  # busy for a moment, or gone: the caller looks again
