"""The image of the ingestion program, built from `images/ingestion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.images.recipe import Recipe, build_image, program_key, program_version
from sandbox.paths import CLONE

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.images.store import BuiltImage, Progress

REVISION = "1"
"""Part of the key: raise it when the same inputs give another image."""

RECIPE = Recipe(
    name="ingestion",
    title="the ingestion program",
    source=CLONE / "images" / "ingestion",
    program="mlflow_ingestion",
    space_gib=2.0,
)


def build_ingestion(*, cache: Path, python: Path, progress: Progress) -> BuiltImage:
    """Builds the image (about a minute) or finds one built before; `build_image` tells arguments and errors."""
    return build_image(
        RECIPE,
        version=program_version(RECIPE),
        key=program_key(RECIPE, revision=REVISION),
        cache=cache,
        python=python,
        progress=progress,
    )
