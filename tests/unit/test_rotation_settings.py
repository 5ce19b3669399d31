"""What can be wrong about the keys by which passwords and keys are rotated, and about the order of two updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.backend_database import DatabaseLogin
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from stacks.storage_settings import ProvisionedBucket, ProvisionedDatabase
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("databaseLogin", "none", "is not one of owner, both, separate"),
    ("databaseLogin", "", "is not one of owner, both, separate"),
    ("artifactKeyVersion", 0, "is not a whole number from 1 to 1000000"),
    ("artifactKeyVersion", "second", "is not a whole number from 1 to 1000000"),
    ("backupKeyVersion", 0, "is not a whole number from 1 to 1000000"),
]
EXISTING_BUCKET = {"artifactProvision": False, "artifactAccessKey": "id", "artifactSecretKey": "secret"}
BEFORE = {"namespace": "data-platform", "database": "mlflow"}
"""What a stack exports whose server logs in as the owner of the database."""


def complaint(directory: Path, **overrides: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader("dev", directory, **overrides))
    (line,) = str(caught.value).splitlines()[1:]
    return line


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path) -> None:
    line = complaint(tmp_path, **{key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert f". Fix: pulumi config set {key} VALUE" in line


def test_by_default_a_stack_stays_as_it_is(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path))

    assert isinstance(settings.database, ProvisionedDatabase)
    assert isinstance(settings.bucket, ProvisionedBucket)
    assert (settings.database.args.login, settings.bucket.args.key_version) == (DatabaseLogin.OWNER, 1)


@pytest.mark.parametrize("login", ["both", "separate"])
def test_a_database_that_exists_is_given_no_further_login(login: str, tmp_path: Path) -> None:
    line = complaint(tmp_path, databaseProvision=False, databaseLogin=login)

    assert f"databaseLogin: is {login}, but databaseProvision is false; no role would be made" in line
    assert "set databaseUser and databasePassword to a login that exists" in line


def test_a_bucket_that_exists_is_given_no_further_key(tmp_path: Path) -> None:
    line = complaint(tmp_path, artifactKeyVersion=2, **EXISTING_BUCKET)

    assert "artifactKeyVersion: is 2, but artifactProvision is false; the key that you gave would stay in use" in line
    assert "set artifactAccessKey and artifactSecretKey to another key" in line


@pytest.mark.parametrize("preview", [True, False])
def test_a_login_in_use_is_not_ended(deployed: Deploy, *, preview: bool) -> None:
    with pytest.raises(ConfigError) as caught:
        deployed("prod", preview=preview, databaseLogin="separate", outputs=BEFORE)

    assert str(caught.value) == (
        f"{PROJECT}:databaseLogin: is separate, but what is deployed logs in as databaseUser; PostgreSQL would refuse "
        "its pods until the new ones have taken over. Fix: pulumi config set databaseLogin both, pulumi up; then "
        "separate, pulumi up"
    )


def test_the_owner_may_stop_logging_in_once_the_server_has_a_login_of_its_own(deployed: Deploy) -> None:
    recording = deployed("prod", databaseLogin="separate", outputs=BEFORE | {"databaseUser": "backend-login-f00ba12"})

    assert recording.called("backend-role").inputs["login"] is False


def test_a_new_stack_needs_no_detour(deployed: Deploy) -> None:
    assert deployed("prod", databaseLogin="separate").called("backend-role").inputs["login"] is False


@pytest.mark.parametrize("login", ["owner", "both"])
def test_only_the_end_of_a_login_depends_on_what_is_deployed(deployed: Deploy, login: str) -> None:
    assert deployed("prod", databaseLogin=login, outputs=BEFORE).called("backend-role").inputs["login"] is True
