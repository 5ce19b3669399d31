from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.backup import MomentArgs
from components.contracts import DatabaseConnection
from components.point_in_time import VolumeArgs
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.point_in_time_settings import PointInTimeSettings

WANTED: dict[str, Any] = {
    "backup": True,
    **stack_files.BACKUP_FACTS,
    **stack_files.BACKUP_SECRETS,
    "pointInTime": True,
    "databaseReplicationUser": "log_reader",
    "databaseReplicationPassword": "staple-of-the-log",
}
BAD_VALUES: list[tuple[str, Any, str]] = [
    ("pointInTime", "maybe", "is neither true nor false"),
    ("pointInTimeBaseHours", 0, "is not a whole number from 1 to 744"),
    ("pointInTimeBaseHours", "daily", "is not a whole number from 1 to 744"),
    ("pointInTimeStorage", "", "is not a Kubernetes quantity"),
    ("pointInTimeStorage", "much", "is not a Kubernetes quantity"),
    ("pointInTimeClaim", "perhaps", "is neither true nor false"),
    ("pointInTimeStorageClass", "Fast Disks", "is not a DNS name"),
    ("pointInTimeRestoreStorage", "", "is not a Kubernetes quantity"),
    ("pointInTimeRestoreStorage", "0", "is not a Kubernetes quantity"),
    ("pointInTimeSuperuser", "", "is not lower-case letters"),
    ("pointInTimeSuperuser", "Robert'); --", "is not lower-case letters"),
    ("pointInTimeSuperuser", "pg_boss", "is reserved by PostgreSQL"),
    ("databaseReplicationUser", "", "is not set; pointInTime is true, and nobody could receive the log"),
    ("databaseReplicationUser", "Log", "is not lower-case letters"),
    ("databaseReplicationUser", "mlflow", "is databaseUser too"),
    ("databaseReplicationPassword", "", "is not set; pointInTime is true, and nobody could receive the log"),
    ("databaseReplicationPassword", " padded", "has white space at an end"),
]


def read(directory: Path, **overrides: Any) -> PointInTimeSettings | None:
    return load_settings(stack_files.reader("dev", directory, **overrides)).point_in_time


def complaints(directory: Path, stack: str = "dev", **overrides: Any) -> list[str]:
    """Lines of the error message, without its head."""
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader(stack, directory, **{**WANTED, **overrides}))
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_bad_value_is_named_with_its_fix(stack: str, key: str, value: Any, what: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, stack, **{key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert ". Fix: " in line


def test_a_wrong_value_is_told_also_where_the_log_is_not_received(tmp_path: Path) -> None:
    assert len(complaints(tmp_path, pointInTime=False, pointInTimeBaseHours=0)) == 1


def test_without_backups_there_is_nothing_to_ship_the_log_to(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, backup=False)

    assert "pointInTime: is true, but backup is false; there would be no bucket to ship the log to" in line
    assert "pulumi config set backup true, or pulumi config rm pointInTime" in line


def test_without_it_nobody_needs_to_log_in(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_the_receiver_is_kept_as_configured(tmp_path: Path) -> None:
    settings = read(tmp_path, **WANTED, pointInTimeBaseHours=6, pointInTimeStorageClass="fast")

    assert settings is not None
    assert (settings.user, settings.base_hours) == ("log_reader", 6)
    assert settings.volume == VolumeArgs(size="20Gi", claim=True, storage_class="fast")
    assert settings.restores == MomentArgs(room="50Gi", superuser="postgres")


def test_the_receiver_enters_the_database_that_every_server_has(tmp_path: Path) -> None:
    given = {**WANTED, "databaseProvision": False, "databaseAdminUser": "", "databaseAdminPassword": ""}
    settings = load_settings(stack_files.reader("dev", tmp_path, **given))

    assert settings.point_in_time is not None
    assert isinstance(settings.database, DatabaseConnection)
    opened = settings.point_in_time.open(settings.database)
    assert (opened.user, opened.database, opened.host) == ("log_reader", "postgres", settings.database.host)


def test_without_a_class_the_volume_is_of_the_clusters_default(tmp_path: Path) -> None:
    settings = read(tmp_path, **WANTED)

    assert settings is not None
    assert settings.volume == VolumeArgs(size="20Gi", claim=True, storage_class=None)


def test_a_class_of_no_volume_is_told(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, pointInTimeClaim=False, pointInTimeStorageClass="fast")

    assert "pointInTimeStorageClass: 'fast' is set, but pointInTimeClaim is false; there would be no volume" in line
    assert "Fix: pulumi config set pointInTimeClaim true, or pulumi config rm pointInTimeStorageClass" in line
