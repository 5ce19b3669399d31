"""`kill -9` of `pulumi up`, the documented recovery, and what `destroy` takes and what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.parts.postgresql import ADMIN_USER
from tests.integration.backends import administrator_key, database, object_store
from tests.integration.small_stack import NAME, ROLE, left_behind, small_stack
from tests.integration.stacks import PROJECT, RECOVERY, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENT_SECONDS = 120.0
POINTS = ("platform-namespace", "backend-role", "artifacts-bucket", "mlflow-migration", "mlflow-deployment")
"""Resources in whose making the engine is killed, in the order in which an update comes to them."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with small_stack(tmp_path_factory.mktemp("crash")) as made:
        yield made


def state_file(of: Stack) -> Path:
    folder = of.environment["PULUMI_BACKEND_URL"].removeprefix("file://").partition("?")[0]
    return Path(folder, ".pulumi", "stacks", PROJECT, f"{of.name}.json")


def pending(of: Stack) -> list[str]:
    """Names of the resources that the recorded state says are being made."""
    try:
        latest = json.loads(state_file(of).read_text())["checkpoint"]["latest"] or {}
    except FileNotFoundError:
        return []
    operations = latest.get("pending_operations") or []
    return [each["resource"]["urn"].rpartition("::")[2] for each in operations if each["type"] == "creating"]


def session_of(process: int) -> list[int]:
    """The processes that one has started, and those that these have, as far as they live."""
    alive = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == process:
            alive.append(int(entry.parent.name))
    return alive


def killed_while_making(of: Stack, resource: str) -> None:
    """Runs `pulumi up` and kills the engine, and nothing but the engine, while a resource is being made."""
    update = subprocess.Popen(
        of.words("up", "--yes", "--skip-preview"),
        env=dict(of.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + MOMENT_SECONDS
        while resource not in pending(of):
            assert update.poll() is None, f"the update ended before it came to {resource}"
            assert time.monotonic() < deadline, f"the update did not come to {resource}"
            time.sleep(0.005)
    finally:
        update.kill()
        update.communicate()
    assert update.returncode == -signal.SIGKILL
    # A plugin may have finished what it was asked for when nobody listened any more: that is what is not recorded.
    for orphan in session_of(update.pid):
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)
    make_sure_of(pending(of))


def make_sure_of(resources: list[str]) -> None:
    """Completes what plugins may or may not have got to, so that the hard case is there every time."""
    present = left_behind()
    if "backend-role" in resources and f"role {ROLE}" not in present:
        with database(ADMIN_USER) as administrator:
            administrator.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
    if "artifacts-bucket" in resources and f"bucket {NAME}" not in present:
        object_store(administrator_key()).make_bucket(NAME)


def recorded(of: Stack) -> set[str]:
    return {resource["urn"].rpartition("::")[2] for resource in of.deployment().get("resources", [])}


def test_the_readme_names_the_commands_of_the_recovery() -> None:
    readme = (paths.CLONE / "README.md").read_text()
    assert all(" ".join(command) in readme for command in RECOVERY)


def test_an_update_killed_again_and_again_converges_by_the_documented_recovery(small: Stack) -> None:
    for resource in POINTS:
        if resource in recorded(small):
            continue  # it was being made beside an earlier one, and taken in together with that
        killed_while_making(small, resource)
        small.recover()
        assert "pending_operations" not in small.deployment(), f"after the kill at {resource}"
    small.up()
    small.succeed("preview", "--refresh", "--expect-no-changes")


def test_destroy_refuses_protected_data_by_name_until_the_protection_is_lifted(small: Stack) -> None:
    small.succeed("config", "set", "protectData", "true")
    try:
        small.up()
        data = small.identities()
        said = small.fail("destroy", "--yes")
        assert "protect" in said
        assert any(name in said for name in ("backend-role", "backend-database", "artifacts-bucket"))
        assert small.identities() == data
        assert {f"role {ROLE}", f"database {ROLE}", f"bucket {NAME}"} <= set(left_behind())
    finally:
        # README: what is protected goes by this, and by the `destroy` at the end of the module.
        small.succeed("config", "set", "protectData", "false")
        small.up()
