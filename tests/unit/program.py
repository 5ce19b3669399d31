"""The whole program on a stack's configuration, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacks.platform import deploy
from stacks.settings import load_settings
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run(
    directory: Path,
    stack: str = "dev",
    *,
    preview: bool = False,
    outputs: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> engine.Recording:
    """What it registers; `directory` gets the files that the configuration names."""
    settings = load_settings(stack_files.reader(stack, directory, **overrides))
    return engine.run(lambda: deploy(settings), preview=preview, stack=stack, outputs=outputs)
