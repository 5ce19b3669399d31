"""The MLflow image, built from `images/mlflow`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.images.base import base_key
from sandbox.images.recipe import Recipe, build_image
from sandbox.images.store import BuiltImage, Progress, input_key
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe(name="mlflow", title="MLflow", source=CLONE / "images" / "mlflow", space_gib=5.0, revision="2")


def mlflow_key(source: Path = RECIPE.source) -> str:
    """The hash over all inputs of the MLflow image."""
    return input_key(
        {
            "revision": RECIPE.revision,
            "base": base_key(),
            "containerfile": source / "Containerfile",
            "requirements": source / "requirements.txt",
        }
    )


def mlflow_version(source: Path = RECIPE.source) -> str:
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
    """Builds the image (two to four minutes) or finds one built before; `build_image` tells arguments and errors."""
    return build_image(
        RECIPE, version=mlflow_version(), key=mlflow_key(), cache=cache, python=python, progress=progress
    )
