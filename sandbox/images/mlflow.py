"""The MLflow image, built by buildah from `images/mlflow` on a base of our own and packages fetched beforehand.

The packages are downloaded by pip on this machine, with this machine's settings, and lie beside the Containerfile: no
address of a registry enters the image, and the build itself needs no network.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import pack_layout
from sandbox.images.base import base_key, build_base
from sandbox.images.store import BuiltImage, ImageStore, Progress, input_key, require_space
from sandbox.images.workshop import Workshop
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path

REVISION = "2"
"""Part of the key: raise it when the same inputs give another image."""

SOURCE = CLONE / "images" / "mlflow"
PYTHON_VERSION = "3.11"
GLIBC_MINOR = 36
"""Debian 12 has glibc 2.36: a wheel for an older one runs."""

LAYOUT = "layout"
"""What buildah's result is called in the working folder."""

SPACE_GIB = 5.0
"""The packages, their environment twice while stages are copied, and the archive."""


def mlflow_key(source: Path = SOURCE) -> str:
    """The hash over all inputs of the MLflow image."""
    return input_key(
        {
            "revision": REVISION,
            "base": base_key(),
            "containerfile": source / "Containerfile",
            "requirements": source / "requirements.txt",
        }
    )


def mlflow_version(source: Path = SOURCE) -> str:
    """The locked version of MLflow.

    Raises:
        SandboxError: the lock names none.
    """
    lock = source / "requirements.txt"
    match = re.search(r"^mlflow==(\S+)", lock.read_text(), re.MULTILINE)
    if not match:
        raise SandboxError(f"{lock} locks no version of mlflow", "restore the file: git checkout images/mlflow")
    return match[1]


def build_mlflow(*, cache: Path, python: Path, progress: Progress) -> BuiltImage:
    """Builds the MLflow image and what it stands on, or finds the one built before (two to four minutes).

    Args:
        cache: the user's cache folder of the project.
        python: an interpreter with pip 23 or newer.
        progress: told one line a step.

    Raises:
        SandboxError: a registry cannot be reached, a hash differs, a tool is not there, or the disk is full.
    """
    store = ImageStore(cache)
    image = store.image("mlflow", mlflow_version(), mlflow_key())

    def build(work: Path, target: Path) -> None:
        require_space(store.folder, SPACE_GIB, "the MLflow image")
        base = build_base(cache=cache, progress=progress)
        workshop = Workshop(store.log("mlflow"), work)
        context = work / "context"
        context.mkdir()
        for name in ("Containerfile", "requirements.txt"):
            shutil.copy(SOURCE / name, context)
        progress("downloading MLflow's packages")
        download = [str(python), "-m", "pip", "download", *download_options(platform.machine())]
        wheels = [f"--requirement={context / 'requirements.txt'}", f"--dest={context / 'wheels'}"]
        workshop.run([*download, *wheels], what="downloading MLflow's packages", isolated=False)
        _build_with_buildah(workshop, context, base=base, reference=image.reference, progress=progress)
        pack_layout(target, reference=image.reference, layout=work / LAYOUT)

    return store.obtain(image, "mlflow", build)


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


def _build_with_buildah(
    workshop: Workshop, context: Path, *, base: BuiltImage, reference: str, progress: Progress
) -> None:
    """Leaves the image in the folder `LAYOUT`.

    Builds in a storage of its own, with settings of its own: those of the machine may be absent or forbid it.
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
    progress("installing MLflow into the image")
    workshop.run(
        [
            "buildah", *state, "build", *trust, "--isolation=chroot", "--pull-never", "--layers=false", "--timestamp=0",
            f"--build-arg=BASE=oci-archive:{base.archive}", f"--tag={reference}",
            f"--file={context / 'Containerfile'}", context,
        ],
        what="buildah build", environment=environment,
    )  # fmt: skip
    progress("writing the image's archive")
    # Measured on two cores: `ctr images import` takes 13 s with zstd and 23 s without compression, most of it the
    # hashing and moving of plain bytes; the archive is a third as large.
    compression = ("--format=oci", "--compression-format=zstd", "--compression-level=3")
    workshop.run(
        ["buildah", *state, "push", *trust, *compression, reference, f"oci:{workshop.work / LAYOUT}:image"],
        what="buildah push",
        environment=environment,
    )
