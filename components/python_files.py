"""Code that a pod finds on Python's path, by a ConfigMap, so that any image with what it imports can run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components import database_session, immutable, program_logging
from components.mounts import Mount, config_map_mount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from components.scope import Placed, Scope


def package(name: str, folder: Path) -> dict[str, str]:
    """Read the modules of a folder, text by path, as a package of this name."""
    directory = name.replace(".", "/")
    return {f"{directory}/{file.name}": file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}


def logging_package() -> dict[str, str]:
    """Read the log that all programs share."""
    return _own(program_logging)


def logged(description: str) -> list[str]:
    """Begin the command of a module that logs as a file in the pod describes it."""
    return ["python", "-m", program_logging.__name__, description]


def database_session_package() -> dict[str, str]:
    """Read the sessions, and their lock, of programs that change the server's database."""
    return _own(database_session)


def python_mount(scope: Scope[Placed], suffix: str, directory: str, files: Mapping[str, str]) -> Mount:
    """Make the ConfigMap of files, text by path, and mount it as a directory that has them."""
    paths = {path.replace("/", "."): path for path in files}
    data = {key: files[path] for key, path in paths.items()}
    return config_map_mount(suffix, immutable.config_map(scope, suffix, data), directory, paths)


def _own(shared: ModuleType) -> dict[str, str]:
    """Read a package that pods import by the name that it has here."""
    return package(shared.__name__, Path(str(shared.__file__)).parent)
