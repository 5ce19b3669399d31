"""Recordings of both stacks, made once: every test reads them, none changes them."""

from __future__ import annotations

import json
import os

# An Output that ends up in a text is an error here, instead of a value that looks like one.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.unit import program, stack_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit import engine


class Deploy(Protocol):
    """Runs the whole program on a stack's configuration, with overrides."""

    def __call__(
        self, stack: str = "dev", *, preview: bool = False, outputs: Mapping[str, Any] | None = None, **overrides: Any
    ) -> engine.Recording: ...


@pytest.fixture(scope="session")
def deployed_anew(tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """For a test of what the program does beside registering."""
    directory: Path = tmp_path_factory.mktemp("configuration")

    def run(
        stack: str = "dev", *, preview: bool = False, outputs: Mapping[str, Any] | None = None, **overrides: Any
    ) -> engine.Recording:
        return program.run(directory, stack, preview=preview, outputs=outputs, **overrides)

    return run


@pytest.fixture(scope="session")
def deployed(deployed_anew: Deploy) -> Deploy:
    """Runs the program once for whatever is asked for more than once: in production it takes more than a second."""
    made: dict[str, engine.Recording] = {}

    def run(
        stack: str = "dev", *, preview: bool = False, outputs: Mapping[str, Any] | None = None, **overrides: Any
    ) -> engine.Recording:
        asked = json.dumps([stack, preview, outputs, overrides], sort_keys=True)
        if asked not in made:
            made[asked] = deployed_anew(stack, preview=preview, outputs=outputs, **overrides)
        return made[asked]

    return run


@pytest.fixture(scope="session")
def dev(deployed: Deploy) -> engine.Recording:
    return deployed("dev")


@pytest.fixture(scope="session")
def prod(deployed: Deploy) -> engine.Recording:
    return deployed("prod")


@pytest.fixture(scope="session")
def tunnelled(deployed: Deploy) -> engine.Recording:
    """Production with requests that arrive by a tunnel."""
    return deployed("prod", **stack_files.TUNNEL)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> engine.Recording:
    recording: engine.Recording = request.getfixturevalue(request.param)
    return recording
