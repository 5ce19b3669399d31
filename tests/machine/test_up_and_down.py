"""`make up` and `make down` as a machine sees them, in the order of a bad day."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.commands.test import FOOTPRINT
from sandbox.footprint import differences, footprint
from sandbox.locking import exclusive
from sandbox.supervisor import client
from tests.machine import commands

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def other_clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone: Path = tmp_path_factory.mktemp("clones") / "other"
    shutil.copytree(
        paths.CLONE, clone, ignore=shutil.ignore_patterns(".git", ".sandbox", "test-output", "__pycache__", ".*_cache")
    )
    return clone


@pytest.fixture(scope="module")
def before() -> dict[str, set[str]]:
    """The machine as it was before the sandbox was started: `make test` records it."""
    return {kind: set(things) for kind, things in json.loads(FOOTPRINT.read_text()).items()}


def lasting_differences(before: dict[str, set[str]]) -> dict[str, list[str]]:
    """What differs once the machine's init has reaped the processes whose parents were killed."""
    for _ in range(50):
        found = differences(before, footprint())
        if not found:
            break
        time.sleep(0.2)
    return found


def test_a_part_that_dies_is_named_with_the_end_of_its_log_and_started_again_by_make_up() -> None:
    pid = client.status()["kube-scheduler"].pid
    subprocess.run(client.inside(["kill", "-9", str(pid)]), check=True)
    told = commands.sandbox("status")
    assert told.returncode == 1
    assert "kube-scheduler died with exit code -9" in told.stdout
    assert "Starting Kubernetes Scheduler" in told.stdout
    again = commands.sandbox("up")
    assert again.returncode == 0, again.stdout
    assert "starting kube-scheduler" in again.stdout
    assert commands.sandbox("status").returncode == 0


def test_a_command_at_the_same_time_is_refused_and_told_who_is_at_work() -> None:
    with exclusive(paths.LOCK, wait=False, doing="make up in /somewhere"):
        for command in ("up", "down"):
            refused = commands.sandbox(command)
            assert refused.returncode == 1
            assert "another command is at work on the sandbox: make up in /somewhere" in refused.stdout


def test_make_up_in_another_clone_is_told_whose_sandbox_runs(other_clone: Path) -> None:
    refused = commands.sandbox("up", clone=other_clone)
    assert refused.returncode == 1
    assert f"a sandbox of another clone is running: {paths.CLONE}" in refused.stdout
    assert "make down" in refused.stdout


def test_make_down_in_another_clone_leaves_the_machine_as_it_was(
    other_clone: Path, before: dict[str, set[str]]
) -> None:
    ended = commands.sandbox("down", clone=other_clone)
    assert ended.returncode == 0, ended.stdout
    assert "pulumi destroy" in ended.stdout
    assert lasting_differences(before) == {}


def test_make_down_with_nothing_there_is_content(before: dict[str, set[str]]) -> None:
    ended = commands.sandbox("down")
    assert ended.returncode == 0, ended.stdout
    assert lasting_differences(before) == {}


def test_make_env_without_a_sandbox_says_how_to_get_one() -> None:
    told = commands.sandbox("env")
    assert told.returncode == 1
    assert "start it with `make up`" in told.stdout


def test_make_down_removes_what_a_killed_make_up_left_half_way(tmp_path: Path, before: dict[str, set[str]]) -> None:
    commands.kill_up_at("starting etcd", tmp_path / "up.log")
    ended = commands.sandbox("down")
    assert ended.returncode == 0, ended.stdout
    assert lasting_differences(before) == {}


def test_a_killed_make_up_is_completed_by_the_next_one(tmp_path: Path) -> None:
    commands.kill_up_at("importing images", tmp_path / "parts.log")
    commands.kill_up_at("mlflow-migration creating", tmp_path / "pulumi.log")
    completed = commands.sandbox("up")
    assert completed.returncode == 0, completed.stdout
    assert "MLflow serves at http://mlflow.local" in completed.stdout
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=paths.CLONE, capture_output=True, text=True, check=True
    )
    assert ".sandbox" not in changed.stdout
