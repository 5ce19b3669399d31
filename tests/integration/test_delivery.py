"""What the engine says of the deployed stack, as the comment on a pull request and as the report of drift."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from delivery.__main__ import DRIFTED
from sandbox import paths, stack
from sandbox.layers import OUTPUT
from tests.integration.cluster import NAMESPACE, kubectl
from tests.integration.stacks import COMMAND_SECONDS, PROJECT, Stack

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "app.kubernetes.io/part-of"
NEW_PASSWORD = "nobody-ever-logs-in-with-this-0123456789"  # noqa: S105 - a preview is all that sees it
COMMENT = OUTPUT / "preview-comment.md"
pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
def dev() -> Stack:
    return Stack()


def run(of: Stack, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=paths.CLONE,
        env=dict(of.environment),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def delivery(of: Stack, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return run(of, sys.executable, "-m", "delivery", *words)


def test_make_preview_finds_nothing_to_do_in_what_was_just_deployed(dev: Stack) -> None:
    done = run(dev, "make", "--silent", "preview")
    assert done.returncode == 0, done.stderr
    assert "| `dev` | 0 | 0 | 0 | 0 |" in done.stdout
    assert "Nothing to do." in done.stdout
    assert "violations: 0 mandatory, 0 advisory" in done.stdout


def test_a_changed_setting_is_a_property_in_the_comment(dev: Stack, tmp_path: Path) -> None:
    """The comment stays in the tests' output, for a person to see one."""
    file = tmp_path / "dev.json"
    dev.succeed("config", "set", "replicas", "1")
    try:
        asked = delivery(dev, "preview", "--stack=dev", f"--output={file}")
    finally:
        dev.succeed("config", "rm", "replicas")
    assert asked.returncode == 0, asked.stderr
    comment = delivery(dev, "render", file).stdout
    OUTPUT.mkdir(exist_ok=True)
    COMMENT.write_text(comment)
    assert "spec.replicas: 2 → 1" in comment


def test_a_changed_password_is_a_change_and_shows_nowhere(dev: Stack, tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    password = (stack.SECRETS / "mlflow-database-password").read_text().strip()
    dev.succeed("config", "set", "--secret", "databasePassword", stdin=NEW_PASSWORD)
    try:
        asked = delivery(dev, "preview", "--stack=dev", f"--output={file}")
    finally:
        dev.succeed("config", "set", "--secret", "databasePassword", stdin=password)
    assert asked.returncode == 0, asked.stderr
    comment = delivery(dev, "render", file).stdout
    assert "password: [secret] → [secret]" in comment
    said = file.read_text() + comment + asked.stderr
    assert [name for name, text in {"old": password, "new": NEW_PASSWORD}.items() if text in said] == []


def test_drift_made_by_hand_is_reported_with_what_it_is_now(dev: Stack, tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    label = ["label", f"--namespace={NAMESPACE}", "deployment/mlflow", "--overwrite"]
    kubectl(*label, f"{LABEL}=hand")
    try:
        asked = delivery(dev, "refresh", "--stack=dev", f"--output={file}")
    finally:
        kubectl(*label, f"{LABEL}={PROJECT}")
    assert asked.returncode == 0, asked.stderr
    reported = delivery(dev, "drift", file)
    assert reported.returncode == DRIFTED, reported.stderr
    assert "mlflow-deployment" in reported.stdout
    assert '"hand"' in reported.stdout
