"""The package as if it were installed, straight from its sources: what pip would leave for MLflow to find it by."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = paths.CLONE / "integrations" / "dolphinscheduler"


def python_path(folder: Path) -> str:
    """A PYTHONPATH with the sources, and a folder that declares their entry points."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    described = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (described / "entry_points.txt").write_text("\n".join(groups))
    return os.pathsep.join([str(PACKAGE / "src"), str(folder)])
