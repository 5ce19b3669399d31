"""The MLflow image, built by buildah from `images/mlflow` on a base of our own and packages fetched beforehand."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import pack_layout
from sandbox.images.base import base_key, build_base
from sandbox.images.python_image import build_with_buildah, download_wheels
from sandbox.images.store import BuiltImage, ImageStore, Progress, input_key, require_space
from sandbox.images.workshop import Workshop
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path

REVISION = "2"
"""Part of the key: raise it when the same inputs give another image."""

SOURCE = CLONE / "images" / "mlflow"
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
        download_wheels(workshop, context, name="MLflow", python=python, progress=progress)
        layout = build_with_buildah(
            workshop, context, name="MLflow", base=base, reference=image.reference, progress=progress
        )
        pack_layout(target, reference=image.reference, layout=layout)

    return store.obtain(image, "mlflow", build)
