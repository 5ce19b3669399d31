"""Every tool by name, wherever it comes from."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.toolchain import cache, go_modules, go_tools, host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.progress import Progress

DEBIAN_PROGRAMS = ("containerd", "ctr", "runc", "initdb", "postgres", "pg_isready")


@dataclass(frozen=True)
class Toolchain:
    """Where the tools are once they are all there."""

    programs: Mapping[str, Path]
    custom_resources: Path
    """The folder of the Prometheus operator's CustomResourceDefinitions."""

    def __getitem__(self, name: str) -> Path:
        """A tool's executable."""
        return self.programs[name]


def is_complete(*, monitoring: bool = False) -> bool:
    """Whether every built tool is in the cache or on the PATH; the monitoring stack's only where it is asked for."""
    return all(go_tools.is_built(module) for module in go_modules.needed(monitoring=monitoring))


def build(progress: Progress, *, monitoring: bool = False) -> None:
    """Builds what is missing, the module that the cluster needs first."""
    for module in go_modules.needed(monitoring=monitoring):
        if not go_tools.is_built(module):
            go_tools.build(module, progress)
        if go_tools.place_of(module).exists():
            cache.note_use(go_tools.place_of(module))
    go_tools.remove_build_leftovers()


def locate(*, monitoring: bool = False) -> Toolchain:
    """The tools, with those of the monitoring stack where it is asked for.

    Raises:
        SandboxError: one of them is not there.
    """
    host.extend_path()
    modules = go_modules.needed(monitoring=monitoring)
    found = {name: path for module in modules for name, path in go_tools.locate(module).items()}
    # Debian's programs by the PATH, the wheels' beside this environment's interpreter.
    found |= {name: Path(place) if (place := shutil.which(name)) else None for name in DEBIAN_PROGRAMS}
    traefik = Path(sys.prefix) / "bin" / "traefik"
    found["traefik"] = traefik if traefik.exists() else None
    missing = sorted(name for name, path in found.items() if path is None)
    if missing:
        raise SandboxError(
            f"the toolchain is incomplete: {', '.join(missing)}", "run `make up`: it builds and installs them"
        )
    return Toolchain(
        {name: path for name, path in found.items() if path is not None},
        go_tools.place_of(go_modules.PLATFORM) / "share" / "prometheus-operator-crds",
    )
