"""The life of a deployed stack: nothing to do, a change, adoption, and production's preview."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from pyrage import x25519

from sandbox import paths, stack
from tests.integration.cluster import NAMESPACE, kubectl, server_pods
from tests.integration.stacks import PROJECT, Stack, separate_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("platform")

ADOPTION = """
import pulumi, pulumi_kubernetes as kubernetes
cluster = kubernetes.Provider("cluster")
kubernetes.core.v1.Namespace("adopted", metadata={"name": "NAME"}, opts=pulumi.ResourceOptions(IMPORT provider=cluster))
"""


@pytest.fixture(scope="module", autouse=True)
def no_command_touches_a_stack_file_that_is_tracked() -> Iterator[None]:
    before = stack_files()
    yield
    assert stack_files() == before


@pytest.fixture
def dev() -> Stack:
    return Stack()


def stack_files() -> dict[str, bytes]:
    """Content of every file to which `pulumi` would write if nothing led it elsewhere."""
    return {file.name: file.read_bytes() for file in paths.CLONE.glob("Pulumi*")}


def test_neither_a_preview_nor_another_update_finds_anything_to_do(dev: Stack) -> None:
    dev.succeed("preview", "--expect-no-changes")
    dev.up("--expect-no-changes")


def test_a_refresh_finds_no_drift_in_what_was_just_deployed(dev: Stack) -> None:
    dev.succeed("refresh", "--preview-only", "--expect-no-changes")


@pytest.mark.full
def test_a_changed_setting_rolls_the_pods_and_leaves_data_and_keys_alone(dev: Stack) -> None:
    pods, data = set(server_pods()), dev.identities()
    dev.succeed("config", "set", "databasePoolSize", "2")
    try:
        dev.up()
        rolled = set(server_pods())
        assert len(rolled) == len(pods)
        assert not rolled & pods
        assert dev.identities() == data
        settings = kubectl("exec", f"--namespace={NAMESPACE}", "deployment/mlflow", "--", "env")
        assert "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE=2\n" in settings
    finally:
        dev.succeed("config", "rm", "databasePoolSize")
        dev.up()
    assert dev.identities() == data


def test_an_object_that_exists_is_adopted_without_a_change_to_it(tmp_path: Path) -> None:
    name = f"adopted-{os.getpid()}"
    kubectl("create", "namespace", name)
    try:
        before = kubectl("get", "namespace", name, "--output=jsonpath={.metadata.uid}")
        (tmp_path / "Pulumi.yaml").write_text("name: adoption\nruntime: python\n")
        program = tmp_path / "__main__.py"
        program.write_text(ADOPTION.replace("NAME", name).replace("IMPORT", f"import_='{name}', "))
        environment = {**os.environ, **stack.environment(), "PULUMI_BACKEND_URL": f"file://{tmp_path}?metadata=skip"}
        del environment["PULUMI_OPTION_CONFIG_FILE"]
        run = ["--non-interactive", f"--cwd={tmp_path}"]
        for words in (
            ["stack", "init", "adoption"],
            ["up", "--yes", "--skip-preview"],
        ):
            subprocess.run(["pulumi", *words, *run], env=environment, check=True, timeout=120)
        # From then on it is like any other resource of the program.
        program.write_text(ADOPTION.replace("NAME", name).replace("IMPORT", ""))
        subprocess.run(["pulumi", "preview", "--expect-no-changes", *run], env=environment, check=True, timeout=120)
        assert kubectl("get", "namespace", name, "--output=jsonpath={.metadata.uid}") == before
    finally:
        kubectl("delete", "namespace", name)


def test_production_previews_cleanly_with_its_secrets_and_certificates_given(tmp_path: Path) -> None:
    """It makes nothing: the sandbox's cluster is only asked what it would say."""
    config = yaml.safe_load((paths.CLONE / "Pulumi.prod.yaml").read_text())["config"]
    for key in ("databaseCaFile", "artifactCaFile"):
        assert config[f"{PROJECT}:{key}"], f"{key} is a file that the platform's owner gives"
        config[f"{PROJECT}:{key}"] = str(stack.CA_FILE)
    facts = {
        "cloudflareAccountId": "a" * 32,
        "cloudflareZoneId": "b" * 32,
        "accessOrigin": "203.0.113.7",
        "runbookUrl": stack.RUNBOOK_URL,
        "backupImage": "registry.example.com/mlflow-backup:1.0",
        "backupRecipients": [str(x25519.Identity.generate().to_public())],
    }
    config |= {f"{PROJECT}:{key}": value for key, value in facts.items()}
    needed = (
        "databasePassword",
        "databaseReaderPassword",
        "databaseAdminPassword",
        "databaseBackupPassword",
        "artifactAdminPassword",
        "cloudflareApiToken",
    )
    secrets = dict.fromkeys(needed, "not-the-real-one")
    prod = separate_stack(tmp_path, "prod", config, secrets)
    printed = prod.succeed("preview", "--json")
    document, _ = json.JSONDecoder().raw_decode(printed[printed.index("{") :])
    assert set(document["changeSummary"]) == {"create"}
    assert not any(secret in printed for secret in secrets.values())
    assert "resources" not in prod.deployment()
