"""The engine itself plans an update from what the last release made: nothing that holds data is replaced or deleted.

The unit tests judge both stacks and every option of them; this one has the engine and its plugins do so for stack dev.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import paths, stack, stack_file
from sandbox.parts import minio, postgresql
from sandbox.private_files import secret
from tests.integration.stacks import PROJECT, Stack, separate_stack

if TYPE_CHECKING:
    from pathlib import Path

RECORD = paths.CLONE / "tests" / "unit" / "released" / "dev.json"
ROOT = f"urn:pulumi:{stack.STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{stack.STACK}"
KEPT = {"same", "update"}


@pytest.fixture
def of_the_last_release(tmp_path: Path) -> Stack:
    """A stack of the platform's configuration, and a state as the last release has left it."""
    platform = stack_file.config(stack_file.FILE)
    plain = {key: value for key, value in platform.items() if not isinstance(value, dict)}
    secrets = {
        "tlsPrivateKey": stack.AUTHORITY.issue("ingress", common_name=stack.HOST, hosts=[stack.HOST]).key.read_text(),
        "databasePassword": secret(stack.SECRETS / "mlflow-database-password"),
        "databaseAdminPassword": postgresql.admin_password(stack.SECRETS),
        "artifactAdminPassword": minio.admin_password(stack.SECRETS),
    }
    made = separate_stack(tmp_path, stack.STACK, plain, secrets)
    document = json.loads(made.succeed("stack", "export"))
    document["deployment"]["resources"] = [
        {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"},
        *json.loads(RECORD.read_text())["resources"],
    ]
    made.succeed("stack", "import", stdin=json.dumps(document))
    return made


def test_the_engine_replaces_and_deletes_nothing_that_the_last_release_made(of_the_last_release: Stack) -> None:
    recorded = {each["urn"]: each for each in json.loads(RECORD.read_text())["resources"] if each["custom"]}
    printed = of_the_last_release.succeed("preview", "--json", "--show-sames")
    document: dict[str, Any]
    document, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
    planned: dict[str, set[str]] = {urn: set() for urn in recorded}
    for step in document["steps"]:
        if step["urn"] in planned:
            planned[step["urn"]].add(step["op"])

    assert {urn: ops for urn, ops in planned.items() if not ops or ops - KEPT} == {}
