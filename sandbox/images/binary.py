"""Images that hold one static executable and nothing else: pause, CoreDNS, Traefik, the monitoring stack's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import ImageConfig, file_layer, write_image
from sandbox.images.store import BuiltImage, ImageStore, input_key
from sandbox.images.workshop import go_architecture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REVISION = "1"
"""Part of the key: raise it when the same inputs give another image."""

NON_ROOT = "65532:65532"
"""The number that distroless images use for `nonroot`."""


def build_binary_image(
    name: str,
    version: str,
    binary: Path,
    *,
    cache: Path,
    folder: str = "/",
    entrypoint: Sequence[str] = (),
    user: str = NON_ROOT,
) -> BuiltImage:
    """Wraps a static executable in an image, or finds the one that was built from it before.

    Args:
        name: the image's name; the executable gets it too.
        version: goes into the tag.
        binary: the executable on this machine; it must not need a loader or libraries.
        cache: the user's cache folder of the project.
        folder: where the executable is in the image.
        entrypoint: the command line that a container starts; the executable alone by default.
        user: `uid:gid` of the process.

    Raises:
        SandboxError: `binary` is not there, or the cache cannot be written.
    """
    if not binary.is_file() or not os.access(binary, os.X_OK):
        raise SandboxError(f"image {name}: {binary} is not an executable file", "build the tools again: make up")
    place = f"{folder.rstrip('/')}/{name}"
    config = ImageConfig(
        architecture=go_architecture(),
        entrypoint=tuple(entrypoint) or (place,),
        user=user,
        environment={"PATH": folder},
        labels={"org.opencontainers.image.title": name, "org.opencontainers.image.version": version},
    )
    key = input_key({"revision": REVISION, "name": name, "config": repr(config), "binary": binary})
    store = ImageStore(cache)
    image = store.image(name, version, key)

    def build(work: Path, target: Path) -> None:
        layer = work / "layer.tar"
        with layer.open("wb") as file:
            file_layer(file, {place: binary})
        write_image(target, reference=image.reference, config=config, layer=layer)

    return store.obtain(image, name, build)
