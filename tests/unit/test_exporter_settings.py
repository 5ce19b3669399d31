from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.exporter_settings import ExporterSettings

WANTED: dict[str, Any] = {"exporter": True, "databaseReaderPassword": "battery-of-the-reader"}
EXISTING: dict[str, Any] = {
    "databaseProvision": False,
    "artifactProvision": False,
    "artifactAccessKey": "key-of-the-server",
    "artifactSecretKey": "secret-of-the-server",
    "artifactReaderAccessKey": "key-of-the-reader",
    "artifactReaderSecretKey": "secret-of-the-reader",
}
BAD_VALUES: list[tuple[str, Any, str]] = [
    ("exporter", "maybe", "is neither true nor false"),
    ("exporterDatabaseInterval", 4, "is not a whole number from 5 to 86400"),
    ("exporterDatabaseInterval", "1m", "is not a whole number from 5 to 86400"),
    ("exporterBucketInterval", 0, "is not a whole number from 5 to 86400"),
    ("exporterBucketInterval", 86401, "is not a whole number from 5 to 86400"),
    ("exporterBucketPages", 0, "is not a whole number from 1 to 100000"),
    ("databaseReaderUser", "Reader", "is not lower-case letters"),
    ("databaseReaderUser", "pg_reader", "is reserved by PostgreSQL"),
    ("databaseReaderUser", "mlflow", "is databaseUser too"),
    ("databaseReaderUser", "administrator", "is databaseAdminUser too"),
    ("databaseReaderPassword", "", "is not set; exporter is true, and its role could not be made"),
    ("databaseReaderPassword", "two\nlines", "has white space at an end or a control character"),
    ("artifactReaderAccessKey", " padded", "has white space at an end"),
    ("artifactReaderSecretKey", "padded ", "has white space at an end"),
]


def read(directory: Path, **overrides: Any) -> ExporterSettings | None:
    return load_settings(stack_files.reader("dev", directory, **overrides)).exporter


def complaints(directory: Path, stack: str = "dev", **overrides: Any) -> list[str]:
    """Lines of the error message, without its head."""
    given = {"databaseAdminUser": "administrator", **WANTED, **overrides}
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader(stack, directory, **given))
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_bad_value_is_named_with_its_fix(stack: str, key: str, value: Any, what: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, stack, **{key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert ". Fix: " in line


@pytest.mark.parametrize("key", ["databaseReaderPassword", "artifactReaderAccessKey", "artifactReaderSecretKey"])
def test_stores_that_exist_need_a_login_for_the_exporter(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**EXISTING, key: ""})

    assert line.startswith(f"  {PROJECT}:{key}: is not set; exporter is true")
    assert f"pulumi config set --secret {key}" in line


def test_a_role_whose_usual_name_would_be_cut_off_needs_another(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, databaseUser="m" * 57)

    assert f"databaseReaderUser: is not set, and '{'m' * 57}_reader' is longer than 63 characters" in line
    assert read(tmp_path, **WANTED, databaseUser="m" * 57, databaseReaderUser="reader") is not None


def test_a_wrong_value_is_told_also_where_there_is_no_exporter(tmp_path: Path) -> None:
    assert len(complaints(tmp_path, exporter=False, exporterBucketPages=0)) == 1


def test_without_an_exporter_nobody_needs_to_log_in(tmp_path: Path) -> None:
    assert read(tmp_path, exporter=False, databaseReaderPassword="") is None


def test_the_usual_role_is_named_after_the_servers(tmp_path: Path) -> None:
    settings = read(tmp_path, **WANTED, databaseUser="tracking")

    assert settings is not None
    assert settings.database_reader.user == "tracking_reader"
    assert settings.bucket_key is None


def test_a_role_and_a_key_that_exist_are_taken_as_they_are(tmp_path: Path) -> None:
    settings = read(tmp_path, **WANTED, **EXISTING, databaseReaderUser="counting")

    assert settings is not None
    assert settings.database_reader.user == "counting"
    assert settings.bucket_key is not None


def test_the_exporter_looks_as_often_and_as_far_as_configured(tmp_path: Path) -> None:
    settings = read(
        tmp_path, **WANTED, exporterDatabaseInterval=30, exporterBucketInterval=3600, exporterBucketPages=5000
    )

    assert settings is not None
    assert (settings.refresh.database_seconds, settings.refresh.bucket_seconds) == (30, 3600)
    assert settings.refresh.bucket_pages == 5000
