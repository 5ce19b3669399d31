"""What images of locked Python packages have in common: packages are fetched on this machine, buildah needs no network.

pip downloads with this machine's settings, and the wheels lie beside the Containerfile: no address of a registry enters
an image.
"""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.images.store import BuiltImage, Progress
    from sandbox.images.workshop import Workshop

PYTHON_VERSION = "3.11"
GLIBC_MINOR = 36
"""Debian 12 has glibc 2.36: a wheel for an older one runs."""


def download_wheels(workshop: Workshop, context: Path, *, name: str, python: Path, progress: Progress) -> None:
    """Fetches what the context's `requirements.txt` locks into its folder `wheels`.

    Args:
        workshop: of this build.
        context: the folder of the build.
        name: whose packages these are, for the messages.
        python: an interpreter with pip 23 or newer.
        progress: told one line a step.

    Raises:
        SandboxError: a registry cannot be reached, or a hash differs.
    """
    progress(f"downloading {name}'s packages")
    download = [str(python), "-m", "pip", "download", *download_options(platform.machine())]
    wheels = [f"--requirement={context / 'requirements.txt'}", f"--dest={context / 'wheels'}"]
    workshop.run([*download, *wheels], what=f"downloading {name}'s packages", isolated=False)


def download_options(machine: str) -> list[str]:
    """Options for pip to fetch exactly the locked wheels for the image's Python, whatever Python runs pip."""
    legacy = {"x86_64": {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}, "aarch64": {17: "manylinux2014"}}
    oldest = min(legacy[machine])
    tags = []
    for minor in range(GLIBC_MINOR, oldest - 1, -1):
        tags.append(f"manylinux_2_{minor}_{machine}")
        if alias := legacy[machine].get(minor):
            tags.append(f"{alias}_{machine}")
    abi = f"cp{PYTHON_VERSION.replace('.', '')}"
    return [
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        f"--python-version={PYTHON_VERSION}",
        "--implementation=cp",
        *(f"--abi={name}" for name in (abi, "abi3", "none")),
        *(f"--platform={tag}" for tag in (*tags, f"linux_{machine}")),
    ]


def build_with_buildah(
    workshop: Workshop, context: Path, *, name: str, base: BuiltImage, reference: str, progress: Progress
) -> Path:
    """Builds a Containerfile without network; returns the folder with the image's layout.

    Builds in a storage of its own, with settings of its own: those of the machine may be absent or forbid it.

    Args:
        workshop: of this build.
        context: the folder with the Containerfile and all that it needs.
        name: what is built, for the messages.
        base: the image that it stands on.
        reference: the name that it gets.
        progress: told one line a step.

    Raises:
        SandboxError: buildah failed.
    """
    settings = workshop.work / "settings"
    settings.mkdir()
    policy, registries, storage = (settings / name for name in ("policy.json", "registries.conf", "storage.conf"))
    # Only archives that were just made here are read, and nothing is pulled.
    policy.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    registries.write_text("unqualified-search-registries = []\n")
    storage.write_text('[storage]\ndriver = "overlay"\n')
    environment = {"CONTAINERS_REGISTRIES_CONF": str(registries), "CONTAINERS_STORAGE_CONF": str(storage)}
    state = ("--root", workshop.work / "root", "--runroot", workshop.work / "run", "--storage-driver", "overlay")
    trust = ("--signature-policy", policy)
    progress(f"installing {name} into the image")
    workshop.run(
        [
            "buildah", *state, "build", *trust, "--isolation=chroot", "--pull-never", "--layers=false", "--timestamp=0",
            f"--build-arg=BASE=oci-archive:{base.archive}", f"--tag={reference}",
            f"--file={context / 'Containerfile'}", context,
        ],
        what="buildah build", environment=environment,
    )  # fmt: skip
    progress("writing the image's archive")
    layout = workshop.work / "layout"
    # Measured on two cores: `ctr images import` takes 13 s with zstd and 23 s without compression, most of it the
    # hashing and moving of plain bytes; the archive is a third as large.
    compression = ("--format=oci", "--compression-format=zstd", "--compression-level=3")
    workshop.run(
        ["buildah", *state, "push", *trust, *compression, reference, f"oci:{layout}:image"],
        what="buildah push",
        environment=environment,
    )
    return layout
