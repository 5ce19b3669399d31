"""How an image of locked Python packages is described and built: MLflow's, and those of this project's programs.

A folder of `images/` holds a Containerfile, a `requirements.txt`, and perhaps a program. All that the Containerfile
installs is fetched beforehand, so that buildah needs no network.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.archive import pack_layout
from sandbox.images.base import base_key, build_base
from sandbox.images.debian_packages import download_debs
from sandbox.images.python_image import build_with_buildah, download_wheels
from sandbox.images.store import BuiltImage, ImageStore, Progress, input_key, require_space
from sandbox.images.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What an image is made of, beside the base that all of them stand on."""

    name: str
    """Of the image, its lock and its log."""
    title: str
    """What is in it, for the messages: `the backup program`."""
    source: Path
    """The folder with the Containerfile."""
    space_gib: float
    """Free disk that a build needs: packages, storage of buildah, archive."""
    program: str = ""
    """The package in `source` that is the image's program; empty where the locked packages bring it."""
    debian_packages: Sequence[str] = ()
    """As the Containerfile installs them where no folder `debs` is given."""
    revision: str = "1"
    """Part of the key: raised by hand when the same inputs give another image."""


def program_key(recipe: Recipe) -> str:
    """The hash over all inputs of an image with a program of this project."""
    source = recipe.source
    files = [source / "Containerfile", source / "requirements.txt", *sorted((source / recipe.program).rglob("*.py"))]
    inputs: dict[str, str | Path] = {str(file.relative_to(source)): file for file in files}
    fixed = {"revision": recipe.revision, "base": base_key(), "packages": " ".join(recipe.debian_packages)}
    return input_key({**inputs, **fixed})


def program_version(recipe: Recipe) -> str:
    """The version that the recipe's program tells.

    Raises:
        SandboxError: it tells none.
    """
    file = recipe.source / recipe.program / "__init__.py"
    match = re.search(r'^VERSION = "(\S+)"', file.read_text(), re.MULTILINE)
    if not match:
        raise SandboxError(f"{file} tells no version", f"restore the file: git checkout images/{recipe.source.name}")
    return match[1]


def build_program(recipe: Recipe, *, cache: Path, python: Path, progress: Progress) -> BuiltImage:
    """Builds the image of a program (about a minute) or finds one built before; see `build_image`."""
    version, key = program_version(recipe), program_key(recipe)
    return build_image(recipe, version=version, key=key, cache=cache, python=python, progress=progress)


def build_image(recipe: Recipe, *, version: str, key: str, cache: Path, python: Path, progress: Progress) -> BuiltImage:
    """Builds an image and what it stands on, or finds the one built before.

    Args:
        recipe: what is built.
        version: of what is in it; names the image together with the key.
        key: the hash over all its inputs.
        cache: the user's cache folder of the project.
        python: an interpreter with pip 23 or newer.
        progress: told one line a step.

    Raises:
        SandboxError: a registry cannot be reached, a hash differs, a tool is not there, or the disk is full.
    """
    store = ImageStore(cache)
    image = store.image(recipe.name, version, key)

    def build(work: Path, target: Path) -> None:
        require_space(store.folder, recipe.space_gib, f"the image of {recipe.title}")
        base = build_base(cache=cache, progress=progress)
        workshop = Workshop(store.log(recipe.name), work)
        context = _context(recipe, work / "context")
        download_wheels(workshop, context, name=recipe.title, python=python, progress=progress)
        if recipe.debian_packages:
            progress(f"downloading {recipe.title}'s Debian packages")
            download_debs(workshop, context / "debs", base, recipe.debian_packages)
        layout = build_with_buildah(
            workshop, context, name=recipe.title, base=base, reference=image.reference, progress=progress
        )
        pack_layout(target, reference=image.reference, layout=layout)

    return store.obtain(image, recipe.name, build)


def _context(recipe: Recipe, folder: Path) -> Path:
    """The folder that buildah is given, with nothing in it that the key leaves out."""
    folder.mkdir()
    for name in ("Containerfile", "requirements.txt"):
        shutil.copy(recipe.source / name, folder)
    if recipe.program:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(recipe.source / recipe.program, folder / recipe.program, ignore=ignored)
    return folder
