"""Kernel settings of the whole host that the kubelet changes at its start, put back by `make down`."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from sandbox import paths
from sandbox.private_files import write_private

RECORD = paths.STATE / "sysctls.json"
CHANGED_BY_KUBELET = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""As in pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables."""


def _setting(name: str) -> Path:
    return Path("/proc/sys") / name


def remember() -> None:
    """Records the settings as they are before the first start."""
    if not RECORD.exists():
        values = {name: _setting(name).read_text().strip() for name in CHANGED_BY_KUBELET if _setting(name).exists()}
        write_private(RECORD, json.dumps(values))


def restore() -> None:
    """Puts the recorded settings back."""
    if RECORD.exists():
        for name, value in json.loads(RECORD.read_text()).items():
            if _setting(name).read_text().strip() != value:
                with contextlib.suppress(OSError):  # read-only in a container, where it was not changed either
                    _setting(name).write_text(value)
