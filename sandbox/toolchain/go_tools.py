"""Builds the Go tools into the cache, or finds the ones that are there.

Each binary enters the cache by a rename, so an interrupted build goes on with the next tool.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths, processes
from sandbox.errors import SandboxError
from sandbox.locking import exclusive
from sandbox.toolchain import cache, go_compiler
from sandbox.toolchain.go_modules import ALL_MODULES

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sandbox.progress import Progress
    from sandbox.toolchain.go_modules import GoModule, GoTool

MODULES = Path(__file__).parent / "go"
BUILD = paths.CACHE / "build"
REGISTRY_CURE = (
    "check that the Go module proxy is reachable (go env GOPROXY), then run it again: it goes on where it stopped"
)


def on_path(tool: GoTool) -> Path | None:
    """The tool of the pinned version that the machine already has, if it has one."""
    # A shell with `make env` has a sandbox's own links on its PATH: they go away with that sandbox.
    search = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if ".sandbox" not in Path(folder).parts]
    found = shutil.which(tool.name, path=os.pathsep.join(search))
    if found is None or not tool.version_command:
        return None
    try:
        told = subprocess.run(
            [found, *tool.version_command], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    matches = re.search(rf"(?<![\w.]){re.escape(tool.version)}(?![\w.])", told)
    return Path(found) if matches else None


def place_of(module: GoModule) -> Path:
    """The module's folder in the cache, named by a hash of everything that its binaries are made of."""
    inputs = hashlib.sha256(repr((module.tools, module.embeds, sorted(module.ships.items()), *module.tags)).encode())
    for path in sorted((MODULES / module.folder).rglob("*")):
        if path.suffix in {".go", ".mod", ".sum"}:
            inputs.update(path.relative_to(MODULES).as_posix().encode() + path.read_bytes())
    return paths.CACHE / "tools" / f"{module.folder}-{inputs.hexdigest()[: paths.KEY_LENGTH]}"


def locate(module: GoModule) -> dict[str, Path | None]:
    """Each tool's executable: the machine's own, the cache's, or None where it has to be built."""
    found: dict[str, Path | None] = {}
    for tool in module.tools:
        built = place_of(module) / "bin" / tool.name
        found[tool.name] = built if built.exists() else on_path(tool)
    return found


def is_built(module: GoModule) -> bool:
    """Whether nothing of the module has to be built."""
    return all(locate(module).values()) and all((place_of(module) / "share" / name).exists() for name in module.ships)


def build(module: GoModule, progress: Progress) -> None:
    """Builds what is missing of a module into the cache.

    Raises:
        SandboxError: a module cannot be had or does not compile; carries Go's last lines.
    """
    place = place_of(module)
    with _building(module, wait=True):
        if is_built(module):
            return
        go = go_compiler.find(progress, into=BUILD)
        log = paths.CACHE / "logs" / f"go-{module.folder}.log"
        sources = BUILD / f"sources-{module.folder}"
        shutil.rmtree(sources, ignore_errors=True)
        shutil.copytree(MODULES / module.folder, sources)
        with progress.step("tools", f"downloading the Go modules of {module.folder} (log: {log})"):
            for name, origin in module.ships.items():
                _copy_from_dependency(go, sources, origin, place / "share" / name)
            if module.embeds is not None:
                _copy_from_dependency(go, sources, module.embeds, sources)
        found = locate(module)
        missing = [tool for tool in module.tools if found[tool.name] is None]
        for count, tool in enumerate(missing, start=1):
            begun = time.monotonic()
            with progress.step("tools", f"building {tool.name} ({count} of {len(missing)} of {module.folder})"):
                fresh = BUILD / f"{tool.name}.{os.getpid()}"
                processes.run_logged(
                    [
                        go,
                        "build",
                        "-mod=readonly",
                        "-trimpath",
                        f"-tags={','.join(module.tags)}",
                        f"-ldflags=-s -w {tool.flags}",
                        "-o",
                        fresh,
                        tool.package,
                    ],
                    log,
                    what=f"building {tool.name}",
                    cure=REGISTRY_CURE,
                    cwd=sources,
                    env=_environment(),
                )
                (place / "bin").mkdir(parents=True, exist_ok=True)
                fresh.replace(place / "bin" / tool.name)
            _record_time(place, tool.name, time.monotonic() - begun)
        shutil.rmtree(sources)
        cache.forget_unused(place.parent, f"{module.folder}-*")


def remove_build_leftovers() -> None:
    """Removes downloaded modules and compiled packages: 26 GiB that nothing needs once every binary is there."""
    if not BUILD.exists():
        return
    with contextlib.ExitStack() as held:
        try:
            for module in ALL_MODULES:
                held.enter_context(_building(module, wait=False))
        except SandboxError:
            return  # another clone is building in there, and will remove it
        # The module cache is read-only to protect it from editors.
        subprocess.run(["chmod", "--recursive", "u+w", str(BUILD)], check=False, capture_output=True)
        shutil.rmtree(BUILD)


def _building(module: GoModule, *, wait: bool) -> AbstractContextManager[None]:
    # The locks are outside of BUILD, which goes while they are held.
    return exclusive(paths.CACHE / "tools" / f"{module.folder}.lock", wait=wait, doing=f"building {module.folder}")


def build_times() -> dict[str, float]:
    """Seconds that each binary in the cache took to build, downloads included, in the order of building."""
    times: dict[str, float] = {}
    for module in ALL_MODULES:
        record = place_of(module) / "build-seconds.json"
        if record.exists():
            times |= json.loads(record.read_text())
    return times


def _record_time(place: Path, name: str, seconds: float) -> None:
    record = place / "build-seconds.json"
    known = json.loads(record.read_text()) if record.exists() else {}
    fresh = record.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(known | {name: round(seconds, 1)}))
    fresh.replace(record)


def _environment() -> dict[str, str]:
    # Every module is checked against the committed go.sum; some exact versions are in no checksum database.
    return os.environ | {
        "GOMODCACHE": str(BUILD / "modules"),
        "GOCACHE": str(BUILD / "packages"),
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


def _copy_from_dependency(go: Path, sources: Path, origin: tuple[str, str], target: Path) -> None:
    dependency, folder = origin
    try:
        told = subprocess.run(
            [go, "mod", "download", "-json", dependency],
            cwd=sources,
            env=_environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise SandboxError(
            f"downloading the Go module {dependency} failed", REGISTRY_CURE, error.stdout + error.stderr
        ) from error
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for file in (Path(json.loads(told)["Dir"]) / folder).iterdir():
        if file.suffix in {".json", ".yaml"}:
            shutil.copyfile(file, fresh / file.name)
    if target.exists():
        shutil.copytree(fresh, target, dirs_exist_ok=True)
        shutil.rmtree(fresh)
    else:
        fresh.rename(target)
