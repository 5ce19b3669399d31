"""The root that the MLflow image is built on where no registry can be asked: Debian 12 with Python 3.11.

It stands in for `python:3.11-slim-bookworm`. It holds the release as it was published, without later security updates,
since debootstrap takes one archive: good for the sandbox, not for a cluster that others can reach.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sandbox.images.archive import ImageConfig, tree_layer, write_image
from sandbox.images.debian import find_mirror, proxy_environment
from sandbox.images.store import BuiltImage, ImageStore, Progress, input_key, require_space
from sandbox.images.workshop import Workshop, go_architecture

if TYPE_CHECKING:
    from pathlib import Path

REVISION = "1"
"""Part of the key: raise it when the same inputs give another image."""

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")

LEFT_OUT = (
    r"(dev|proc|sys|run|tmp|boot|media|mnt)/.+",
    r"var/(cache|log|lib/apt|lib/dpkg/[a-z]+-old)/.+",
    r"usr/share/(locale|man|info|lintian|bash-completion|bug)/.+",
    # Time zones twice more, with and without leap seconds.
    r"usr/share/zoneinfo/(posix|right)/.+",
    # Licences stay: whoever passes the image on owes them.
    r"usr/share/doc/[^/]+/(?!copyright$).+",
    # Debian's Python brings its tests' helpers and a graphical editor's parts.
    r"usr/lib/python3\.11/(test|idlelib|tkinter|lib2to3/tests|config-3\.11-[^/]+)/.+",
    # Of the machine that builds: its name, its resolvers, its mirror.
    r"etc/(hostname|resolv\.conf|machine-id|apt/sources\.list)",
)
"""Paths that the layer lacks, as patterns of the whole path relative to the root."""

SPACE_GIB = 1.5


def base_key() -> str:
    """The hash over all inputs of the base image."""
    recipe = {"suite": SUITE, "packages": PACKAGES, "left out": LEFT_OUT, "architecture": go_architecture()}
    return input_key({"revision": REVISION, "recipe": json.dumps(recipe)})


def build_base(*, cache: Path, progress: Progress) -> BuiltImage:
    """Builds the base image from the machine's Debian mirror, or finds the one built before (a minute or two).

    Args:
        cache: the user's cache folder of the project.
        progress: told one line a step.

    Raises:
        SandboxError: the mirror cannot be reached or used, debootstrap is not there, or the disk is full.
    """
    store = ImageStore(cache)
    image = store.image("base", SUITE, base_key())

    def build(work: Path, target: Path) -> None:
        require_space(store.folder, SPACE_GIB, "the base image")
        mirror = find_mirror(SUITE)
        root, layer = work / "root", work / "layer.tar"
        progress(f"Debian {SUITE} with Python, from apt's mirror")
        Workshop(store.log("base"), work).run(
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(PACKAGES)}",
                f"--keyring={mirror.keyring}",
                # Without it a missing keyring would be a warning and the packages unverified.
                "--force-check-gpg",
                SUITE,
                root,
                mirror.uri,
            ],
            what="debootstrap",
            environment=proxy_environment(),
        )
        progress("packing the base image")
        with layer.open("wb") as file:
            tree_layer(file, root, leave_out=left_out)
        config = ImageConfig(
            architecture=go_architecture(),
            command=("/bin/sh",),
            environment={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        write_image(target, reference=image.reference, config=config, layer=layer)

    return store.obtain(image, "base", build)


def left_out(path: str) -> bool:
    """Whether a path, relative to the root, stays out of the image."""
    return _PATTERN.fullmatch(path) is not None


_PATTERN = re.compile("|".join(f"(?:{pattern})" for pattern in LEFT_OUT))
