"""Lay out the language host and the resource plugins where the engine finds them without a warning.

The engine looks for a language host beside the ``pulumi`` binary and for plugins at
``$PULUMI_HOME/plugins/resource-NAME-vVERSION/pulumi-resource-NAME``. The folder has to be a real one (the engine skips
links to folders), so the file inside is the link. Everything is written under another name and renamed, which leaves a
crash or a second caller with either the old file or the new one.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

# The plugin versions that the pinned SDKs ask for (pulumi-plugin.json of each); a unit test compares.
VERSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"cloudflare": "6.23.1", "kubernetes": "4.25.0", "minio": "0.17.1", "postgresql": "3.18.2"},
)
STAND_INS: Final = ("cloudflare", "minio", "postgresql")
DOWNLOAD_TIMEOUT: Final = 60.0  # seconds for all plugins; without a network the engine gives up after about 3
_MARK: Final = "# stand-in of sandbox.engine"
_REPOSITORY: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class PluginOrigin:
    """Which build of a plugin the engine will start, and why this one."""

    name: str
    version: str
    path: Path
    origin: Literal["official", "built", "stand-in"]
    reason: str


class PluginError(Exception):
    """A plugin cannot be provided; the message says what to do."""


def install_language_host(bin_dir: Path) -> None:
    """Put ``pulumi-language-python`` into the folder that holds the ``pulumi`` binary itself (not a link to it)."""
    _write_executable(bin_dir / "pulumi-language-python", Path(__file__).with_name("language_host.py").read_text())


def install_plugins(
    pulumi_home: Path,
    python: Path,
    official_home: Path | None,
    *,
    kubernetes: Path | None = None,
    pulumi: Path | None = None,
    download_timeout: float = DOWNLOAD_TIMEOUT,
) -> list[PluginOrigin]:
    """Provide every plugin of ``VERSIONS`` in ``pulumi_home``, an official build before any other.

    Args:
        pulumi_home: the ``PULUMI_HOME`` of the stacks that are to use the plugins.
        python: interpreter that has the stand-ins' requirements (Pulumi SDK, httpx, psycopg, minio).
        official_home: the user's own Pulumi home (usually ``~/.pulumi``), searched for official plugins.
        kubernetes: a ``pulumi-resource-kubernetes`` of the pinned version, built or downloaded.
        pulumi: CLI that may try to download an official plugin that is found nowhere. A stand-in that is in place
            is not tried again, so that only the first call can wait for a network.
        download_timeout: seconds that all downloads together may take.

    Raises:
        PluginError: no kubernetes plugin was found or given.
    """
    homes = [pulumi_home, *([official_home] if official_home else [])]
    found = {name: _official(name, homes) for name in VERSIONS}
    wanted = [name for name in STAND_INS if not found[name] and not _is_stand_in(_plugin_path(pulumi_home, name))]
    refusals = _download(pulumi, pulumi_home, wanted, download_timeout) if pulumi and wanted else {}
    for name in refusals:
        found[name] = _official(name, [pulumi_home])
    origins = []
    for name, version in VERSIONS.items():
        path, official = _plugin_path(pulumi_home, name), found[name]
        origin: Literal["official", "built", "stand-in"]
        if official:
            origin, reason = "official", f"installed at {official}"
            if official != path:
                _link(path, official)
        elif name in STAND_INS:
            origin, reason = "stand-in", refusals.get(name) or "no official build of this version is installed"
            _write_executable(path, _launcher(python, name))
        elif kubernetes and os.access(kubernetes, os.X_OK):
            origin, reason = "built", f"built at {kubernetes}"
            _link(path, kubernetes.resolve())
        else:
            given = f"{kubernetes} is not an executable file" if kubernetes else "none was given"
            raise PluginError(
                f"The {name} plugin {version} is missing: {given}, and no official one is installed. "
                f"Run `make up`, which builds it, or `pulumi plugin install resource {name} {version}`."
            )
        origins.append(PluginOrigin(name=name, version=version, path=path, origin=origin, reason=reason))
    return origins


def _plugin_path(home: Path, name: str) -> Path:
    return home / "plugins" / f"resource-{name}-v{VERSIONS[name]}" / f"pulumi-resource-{name}"


def _official(name: str, homes: list[Path]) -> Path | None:
    """Find an official build: an executable that is neither a stand-in nor one that this module has linked."""
    for home in homes:
        path = _plugin_path(home, name)
        complete = not path.parent.with_name(path.parent.name + ".partial").exists()
        if complete and not path.is_symlink() and os.access(path, os.X_OK) and not _is_stand_in(path):
            return path
    return None


def _is_stand_in(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _MARK.encode() in file.read(200)
    except OSError:
        return False


def _launcher(python: Path, name: str) -> str:
    # -P keeps the working directory, which is the program's, out of the import path. -X frozen_modules and bytecode
    # stay at their defaults: the start takes 0.3 s, nearly all of it the SDK's import.
    return (
        f"#!/bin/sh\n{_MARK}\n"
        f"PYTHONPATH={shlex.quote(str(_REPOSITORY))} exec {shlex.quote(str(python))} -P "
        f'-m sandbox.engine.plugins.{name} "$@"\n'
    )


def _download(pulumi: Path, home: Path, names: list[str], timeout: float) -> dict[str, str]:
    """Let the CLI try to install official plugins, side by side; return why each one failed ("" if it did not)."""
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}

    def attempt(name: str) -> str:
        command = [str(pulumi), "plugin", "install", "resource", name, VERSIONS[name], "--color", "never"]
        try:
            subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout, check=True)
        except subprocess.TimeoutExpired:
            return f"the official build could not be downloaded within {timeout:.0f} s"
        except subprocess.CalledProcessError as error:
            lines = [line for line in error.stderr.splitlines() if line.startswith("error:")] or [error.stderr.strip()]
            return f"the official build could not be downloaded ({lines[-1].removeprefix('error: ')[:160]})"
        except OSError as error:
            return f"{pulumi} could not be run ({error})"
        return ""

    with ThreadPoolExecutor() as pool:
        reasons = dict(zip(names, pool.map(attempt, names), strict=True))
    for name, reason in reasons.items():
        if reason:  # an attempt that was cut off leaves a mark that makes the engine ignore the folder
            folder = _plugin_path(home, name).parent
            folder.with_name(folder.name + ".partial").unlink(missing_ok=True)
    return reasons


def _write_executable(path: Path, text: str) -> None:
    if path.is_file() and not path.is_symlink() and path.read_text() == text and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".link.") as folder:
        link = Path(folder) / path.name
        link.symlink_to(target)
        link.replace(path)
