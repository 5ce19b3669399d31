"""What a person gets who gives wrong values: one clear message, a non-zero exit, and nothing lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox import stack
from sandbox.parts import postgresql
from tests.integration.small_stack import NAME, ROLE, left_behind, small_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.stacks import Stack

WRONG = {
    "replica": ("3", "did you mean replicas?"),
    "host": ("https://mlflow.example.com/", "is a URL, not a host name"),
    "replicas": ("0", "'0' is not a whole number from 1 to 50"),
    "workers": ("16", ""),
    "memoryLimit": ("1Gi", "is less than the 5075Mi that 16 workers take at rest"),
    "databaseCaFile": ("/nonexistent.pem", "does not exist"),
}
"""Value by key, and what is said about it: nothing about one of two that do not fit together."""
REASONS = {key: reason for key, (_, reason) in WRONG.items() if reason}
ABSENT_IMAGE = "mlflow-platform.local/mlflow:never-built"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with small_stack(tmp_path_factory.mktemp("small")) as made:
        yield made


def test_all_wrong_values_are_told_together_and_nothing_is_made(tmp_path: Path) -> None:
    with small_stack(tmp_path, **{key: value for key, (value, _) in WRONG.items()}) as made:
        made.succeed("config", "rm", "databasePassword")
        said = made.fail("preview")
        assert "resources" not in made.deployment()
    assert f"{len(REASONS) + 1} configuration values need attention; nothing was changed:" in said
    for key, reason in REASONS.items():
        assert f"mlflow-platform:{key}: " in said
        assert reason in said
    assert "Fix: pulumi config set --secret databasePassword" in said
    assert "Traceback" not in said


def test_a_wrong_passphrase_is_called_that(small: Stack, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("another one")
    stranger = replace(
        small,
        environment={**small.environment, "PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase")},
    )
    said = stranger.fail("preview")
    assert "incorrect passphrase" in said
    assert "Traceback" not in said


def test_a_database_that_refuses_the_administrator_says_who_and_nothing_is_lost(small: Stack) -> None:
    small.succeed("config", "set", "--secret", "databaseAdminPassword", stdin="not-the-password")
    try:
        said = small.fail("up", "--yes", "--skip-preview")
        assert "backend-role" in said
        assert 'password authentication failed for user "postgres"' in said
        assert "check `username` and `password`" in said
        assert "not-the-password" not in said
        assert f"role {ROLE}" not in left_behind()
        # What was made meanwhile is known, so that the next update goes on and `destroy` finds it.
        assert "platform-namespace" in {
            resource["urn"].rpartition("::")[2] for resource in small.deployment()["resources"]
        }
    finally:
        password = postgresql.admin_password(stack.SECRETS)
        small.succeed("config", "set", "--secret", "databaseAdminPassword", stdin=password)


@pytest.mark.full
def test_an_image_that_does_not_exist_ends_the_update_with_its_name_and_the_pods(small: Stack) -> None:
    small.succeed("config", "set", "image", ABSENT_IMAGE)
    small.succeed("config", "set", "migrationDeadline", "30")
    said = small.fail("up", "--yes", "--skip-preview")
    assert ABSENT_IMAGE in said
    assert f"{NAME}/mlflow-migrate-" in said
    assert "mlflow-deployment creating" not in said
