"""What a sandbox could leave on a machine, as sets that can be compared before and after it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox import paths
from sandbox.cgroups import ROOT


def footprint() -> dict[str, set[str]]:
    """Everything that `make down` promises to leave as it was, by kind."""
    return {
        "network namespaces of processes": _namespaces("net"),
        "PID namespaces of processes": _namespaces("pid"),
        "mounts": {line.split(" ", 3)[3] for line in Path("/proc/self/mountinfo").read_text().splitlines()},
        "links": _lines("ip", "-brief", "link"),
        "routes": _lines("ip", "route"),
        "firewall rules": _lines("nft", "list", "ruleset"),
        "named network namespaces": _lines("ip", "netns", "list"),
        "hosts": set(Path("/etc/hosts").read_text().splitlines()),
        "control groups": {str(path) for path in Path("/sys/fs/cgroup").rglob(f"*{ROOT.strip('/')}*")},
        "folders": {str(path) for path in (paths.STATE, paths.RUN, paths.LOCAL) if path.exists()},
        "kernel settings": {
            f"{name}={Path('/proc/sys', name).read_text().strip()}"
            for name in ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops")
        },
    }


def differences(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, list[str]]:
    """What is new and what is gone, by kind; empty where nothing is."""
    return {kind: sorted(before[kind] ^ after[kind]) for kind in before if before[kind] != after[kind]}


def _namespaces(kind: str) -> set[str]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.add(str((entry / "ns" / kind).readlink()))
            except OSError:
                continue
    return found


def _lines(*command: str) -> set[str]:
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
