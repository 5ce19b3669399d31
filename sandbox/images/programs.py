"""The images of this project's own programs, one folder of `images/` each; `build_program` builds them."""

from __future__ import annotations

from sandbox.images.recipe import Recipe
from sandbox.paths import CLONE

BACKUP = Recipe(
    name="backup",
    title="the backup program",
    source=CLONE / "images" / "backup",
    program="mlflow_backup",
    debian_packages=("age", "file", "locales", "postgresql-15", "postgresql-client-15"),
    space_gib=2.0,
)
INGESTION = Recipe(
    name="ingestion",
    title="the ingestion program",
    source=CLONE / "images" / "ingestion",
    program="mlflow_ingestion",
    space_gib=2.0,
)
PROGRAMS = (BACKUP, INGESTION)
