"""The image of the backup program, built by buildah from `images/backup` on the base that the MLflow image has too."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import pack_layout
from sandbox.images.base import base_key, build_base
from sandbox.images.debian_packages import download_debs
from sandbox.images.python_image import build_with_buildah, download_wheels
from sandbox.images.store import BuiltImage, ImageStore, Progress, input_key, require_space
from sandbox.images.workshop import Workshop
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path

REVISION = "1"
"""Part of the key: raise it when the same inputs give another image."""

SOURCE = CLONE / "images" / "backup"
PROGRAM = "mlflow_backup"
PACKAGES = ("age", "file", "locales", "postgresql-15", "postgresql-client-15")
"""As the Containerfile installs them where no folder of them is given."""
SPACE_GIB = 2.0


def backup_key(source: Path = SOURCE) -> str:
    """The hash over all inputs of the image."""
    files = [source / "Containerfile", source / "requirements.txt", *sorted((source / PROGRAM).rglob("*.py"))]
    inputs: dict[str, str | Path] = {str(file.relative_to(source)): file for file in files}
    return input_key({**inputs, "revision": REVISION, "base": base_key(), "packages": " ".join(PACKAGES)})


def backup_version(source: Path = SOURCE) -> str:
    """The program's version.

    Raises:
        SandboxError: it tells none.
    """
    file = source / PROGRAM / "__init__.py"
    match = re.search(r'^VERSION = "(\S+)"', file.read_text(), re.MULTILINE)
    if not match:
        raise SandboxError(f"{file} tells no version", "restore the file: git checkout images/backup")
    return match[1]


def build_backup(*, cache: Path, python: Path, progress: Progress) -> BuiltImage:
    """Builds the image and what it stands on, or finds the one built before (about a minute).

    Args:
        cache: the user's cache folder of the project.
        python: an interpreter with pip 23 or newer.
        progress: told one line a step.

    Raises:
        SandboxError: a registry cannot be reached, a hash differs, a tool is not there, or the disk is full.
    """
    store = ImageStore(cache)
    image = store.image("backup", backup_version(), backup_key())

    def build(work: Path, target: Path) -> None:
        require_space(store.folder, SPACE_GIB, "the backup image")
        base = build_base(cache=cache, progress=progress)
        workshop = Workshop(store.log("backup"), work)
        context = work / "context"
        context.mkdir()
        for name in ("Containerfile", "requirements.txt"):
            shutil.copy(SOURCE / name, context)
        shutil.copytree(SOURCE / PROGRAM, context / PROGRAM, ignore=shutil.ignore_patterns("__pycache__"))
        download_wheels(workshop, context, name="the backup program", python=python, progress=progress)
        progress("downloading the backup image's Debian packages")
        download_debs(workshop, context / "debs", base, PACKAGES)
        layout = build_with_buildah(
            workshop, context, name="the backup program", base=base, reference=image.reference, progress=progress
        )
        pack_layout(target, reference=image.reference, layout=layout)

    return store.obtain(image, "backup", build)
