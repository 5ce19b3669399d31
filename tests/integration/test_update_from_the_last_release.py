"""The engine itself plans an update from what the last release made: nothing that holds data is replaced or deleted.

The unit tests judge by what the plugins are known to do; here they are asked. No cluster, database or object store
takes part: a plan is made from the state and the program alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import paths
from tests.integration.stacks import PROJECT, Stack, separate_stack

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = paths.CLONE / "tests" / "unit" / "released"
NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
current-context: nowhere
"""
KEPT = {"same", "update"}


def recorded(name: str) -> list[dict[str, Any]]:
    resources: list[dict[str, Any]] = json.loads((RECORDS / f"{name}.json").read_text())["resources"]
    return resources


def stack_of_the_last_release(name: str, folder: Path) -> Stack:
    """A stack of its own, whose state is as the last release has left it."""
    command = [sys.executable, "-m", "tests.unit.released.configuration", name, str(folder)]
    printed = subprocess.run(command, cwd=paths.CLONE, capture_output=True, text=True, check=True).stdout
    given = json.loads(printed)
    made = separate_stack(folder, given["stack"], given["plain"], given["secrets"])
    (folder / "kubeconfig").write_text(NOWHERE)
    made = replace(made, environment={**made.environment, "KUBECONFIG": str(folder / "kubeconfig")})
    root = f"urn:pulumi:{made.name}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{made.name}"
    document = json.loads(made.succeed("stack", "export"))
    document["deployment"]["resources"] = [
        {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack"},
        *map(with_outputs, recorded(name)),
    ]
    made.succeed("stack", "import", stdin=json.dumps(document))
    return made


def with_outputs(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource with what its plugin would have left in the state: at least what it was given."""
    if not resource["custom"]:
        return resource
    inputs = resource["inputs"]
    # The plugin of kubernetes compares with what it has kept of the inputs itself.
    kept = {"__inputs": inputs} if resource["type"].startswith("kubernetes:") else {}
    return {**resource, "outputs": {**inputs, **kept}}


def planned(stack: Stack) -> dict[str, set[str]]:
    """What the next update would do, by URN."""
    printed = stack.succeed("preview", "--json", "--show-sames")
    document: dict[str, Any]
    document, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
    steps: dict[str, set[str]] = {}
    for step in document["steps"]:
        steps.setdefault(step["urn"], set()).add(step["op"])
    return steps


@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=pytest.mark.full) for name in ("dev", "prod")), "prod-with-every-option"]
)
def test_the_engine_keeps_everything_that_the_last_release_made_and_that_holds_data(name: str, tmp_path: Path) -> None:
    steps = planned(stack_of_the_last_release(name, tmp_path))

    held = [resource["urn"] for resource in recorded(name) if resource["custom"]]
    assert {urn: steps.get(urn) for urn in held if not steps.get(urn) or steps[urn] - KEPT} == {}
    assert {operation for operations in steps.values() for operation in operations} == {"create", *KEPT}


def test_the_engine_would_replace_a_bucket_by_another_name(tmp_path: Path) -> None:
    stack = stack_of_the_last_release("dev", tmp_path)
    stack.succeed("config", "set", "artifactBucket", "another")

    steps = planned(stack)

    (bucket,) = [urn for urn in steps if urn.endswith("::artifacts-bucket")]
    assert "replace" in steps[bucket]
