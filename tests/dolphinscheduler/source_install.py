"""The package as pip would leave it, straight from its sources: the modules, and what MLflow finds them by."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from sandbox import paths

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = paths.CLONE / "integrations" / "dolphinscheduler"
MODULES = PACKAGE / "src" / "mlflow_client"


def package_files() -> dict[str, str]:
    """Every file, by its path in a folder of Python's path."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    described = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    return {
        **{f"{MODULES.name}/{module.name}": module.read_text() for module in MODULES.glob("*.py")},
        f"{described}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        f"{described}/entry_points.txt": "\n".join(groups),
    }


def lay_out(folder: Path) -> Path:
    """Writes them below a folder, which is to be named in PYTHONPATH."""
    for path, text in package_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
