"""What the configuration of backups may say, and what it is told where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stacks.backup_bucket_settings import GivenBackups, ProvisionedBackups, host_of
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests.unit import stack_files
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.backup_settings import BackupSettings

PUBLIC: str = stack_files.BACKUP_FACTS["backupRecipients"][0]
PRIVATE: str = stack_files.DRILL["backupIdentity"]
WANTED: dict[str, Any] = {"backup": True, **stack_files.BACKUP_FACTS, **stack_files.BACKUP_SECRETS}
DRILLED: dict[str, Any] = WANTED | stack_files.DRILL
FAR: dict[str, Any] = {
    "backupEndpoint": "https://far.example.com:9000",
    "backupPeers": [{"cidr": "203.0.113.9/32"}],
    "backupAdminServer": "far.example.com:9000",
    "backupAdminUser": "far-admin",
    "backupAdminPassword": "root-of-the-far",
}
KEYS: dict[str, Any] = {
    "backupProvision": False,
    "backupAccessKey": "key-of-the-writer",
    "backupSecretKey": "secret-of-the-writer",
    "backupPruneAccessKey": "key-of-the-pruner",
    "backupPruneSecretKey": "secret-of-the-pruner",
}
STATUS_KEY: dict[str, Any] = {"backupStatusAccessKey": "key-of-the-status", "backupStatusSecretKey": "secret-of-status"}
ARTIFACTS: dict[str, Any] = {
    "artifactProvision": False,
    "artifactAccessKey": "key-of-the-server",
    "artifactSecretKey": "secret-of-the-server",
    "artifactBackupAccessKey": "key-of-the-copier",
    "artifactBackupSecretKey": "secret-of-the-copier",
}
SCRATCH: dict[str, Any] = {
    "backupDrillBucket": "drills",
    "backupDrillAccessKey": "key-of-the-drill",
    "backupDrillSecretKey": "secret-of-the-drill",
}
NO_SCHEDULE = "is not the five fields of a cron schedule"
UNCLEAN = "has white space at an end or a control character"
BAD_VALUES: list[tuple[str, Any, str]] = [
    ("backup", "maybe", "is neither true nor false"),
    ("backupImage", "", "is not set; backup is true, and no backup could be made"),
    ("backupImage", "mlflow-backup", "has no fixed tag and no digest"),
    ("backupImage", "mlflow-backup:latest", "has no fixed tag and no digest"),
    ("backupRecipients", [], "is empty, but backup is true; nobody could read the backups"),
    ("backupRecipients", "age1", "is not a list"),
    ("backupRecipients", [7], "item 1 is no text"),
    ("backupRecipients", [PUBLIC, "age1x"], "item 2 is no age public key (age1 and 58 letters and digits)"),
    ("backupRecipients", [PUBLIC, PUBLIC], "has a key twice"),
    ("backupRecipients", [PRIVATE], "item 1 is a private key; everybody who reads the stack's config file could read"),
    ("backupSchedule", "@hourly", NO_SCHEDULE),
    ("backupSchedule", "60 * * * *", "has '60' for the minute, which goes from 0 to 59"),
    ("backupVerifySchedule", "daily", NO_SCHEDULE),
    ("backupPruneSchedule", "", NO_SCHEDULE),
    ("backupDrillSchedule", "0 0 * * sunday", "has 'sunday' for the"),
    ("backupKeepDays", 0, "is not a whole number from 1 to 3650"),
    ("backupKeepCount", 0, "is not a whole number from 1 to 10000"),
    ("backupDeadline", 59, "is not a whole number from 60 to 86400"),
    ("backupDrill", "maybe", "is neither true nor false"),
    ("backupIdentity", "", "is not set; backupDrill is true, and a drill could not read the backups"),
    ("backupIdentity", PUBLIC, "is no age private key (AGE-SECRET-KEY-1 and 58 letters and digits)"),
    ("backupIdentity", f"{PRIVATE} ", UNCLEAN),
    ("backupProvision", "maybe", "is neither true nor false"),
    ("backupBucket", "Backups", "is not 3 to 63 lower-case letters"),
    ("backupBucket", "mlflow-artifacts", "is artifactBucket too, on the same server; what deletes the artifacts would"),
    ("backupBucket", "mlflow-artifacts-drill", "is the bucket of drills too"),
    ("backupEndpoint", "far.example.com", "is not of the form https://HOST:PORT"),
    ("backupRegion", "eu west", "is not a name of lower-case letters"),
    ("backupCaFile", "no-such.pem", "does not exist"),
    ("backupPeers", [{}], "item 1 is empty, which would mean everybody"),
    ("backupAdminServer", "https://far.example.com", "is not HOST:PORT"),
    ("backupAdminPassword", " hush", UNCLEAN),
    ("backupAccessKey", " hush", UNCLEAN),
    ("backupSecretKey", " hush", UNCLEAN),
    ("backupPruneAccessKey", " hush", UNCLEAN),
    ("backupPruneSecretKey", " hush", UNCLEAN),
    ("backupStatusAccessKey", " hush", UNCLEAN),
    ("backupStatusSecretKey", " hush", UNCLEAN),
    ("backupDrillBucket", "Drills", "is not 3 to 63 lower-case letters"),
    ("backupDrillAccessKey", " hush", UNCLEAN),
    ("backupDrillSecretKey", " hush", UNCLEAN),
    ("databaseBackupUser", "pg_backup", "is reserved by PostgreSQL"),
    ("databaseBackupUser", "mlflow", "is databaseUser too; backups could change what they only have to read"),
    ("databaseBackupUser", "administrator", "is databaseAdminUser too"),
    ("databaseBackupUser", "mlflow_reader", "is databaseReaderUser too"),
    ("databaseBackupPassword", "", "is not set; backup is true, and its role could not be made"),
    ("databaseDrillUser", "Drill", "is not lower-case letters"),
    ("databaseDrillUser", "mlflow", "is databaseUser too; a drill, which makes and drops databases, could reach"),
    ("databaseDrillUser", "mlflow_reader", "is databaseReaderUser too"),
    ("databaseDrillUser", "mlflow_backup", "is databaseBackupUser too"),
    ("databaseDrillPassword", "", "is not set; backupDrill is true, and its role could not be made"),
    ("artifactBackupAccessKey", " hush", UNCLEAN),
    ("artifactBackupSecretKey", " hush", UNCLEAN),
]


def read(directory: Path, **overrides: Any) -> BackupSettings | None:
    return load_settings(stack_files.reader("dev", directory, **overrides)).backup


def made(directory: Path, **overrides: Any) -> BackupSettings:
    settings = read(directory, **overrides)
    assert settings is not None
    return settings


def complaints(directory: Path, stack: str = "dev", **overrides: Any) -> list[str]:
    """Lines of the error message, without its head."""
    given = {"databaseAdminUser": "administrator", **overrides}
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader(stack, directory, **given))
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_bad_value_is_named_with_its_fix(stack: str, key: str, value: Any, what: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, stack, **{**DRILLED, key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert ". Fix: " in line


@pytest.mark.parametrize("value", [PRIVATE, PRIVATE.lower(), f"# public key\n{PRIVATE}", PRIVATE[:40]])
def test_a_private_key_among_the_public_ones_is_refused_without_being_shown(value: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, "backupRecipients": [PUBLIC, value]})

    assert value[-20:] not in line
    assert "item 2 is a private key" in line
    assert "pulumi config rm --path 'backupRecipients[1]', make another pair of keys" in line


def test_a_wrong_identity_is_refused_without_being_shown(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**DRILLED, "backupIdentity": PRIVATE[:-1]})

    assert PRIVATE[16:40] not in line
    assert "pulumi config set --secret backupIdentity" in line


def test_an_identity_in_plain_text_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="backupIdentity: is stored as plain text") as caught:
        load_settings(stack_files.reader("dev", tmp_path, plain=frozenset({"backupIdentity"}), **DRILLED))

    assert PRIVATE not in str(caught.value)


def test_whoever_has_no_key_yet_is_told_how_to_make_one(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, "backupRecipients": []})

    assert "age-keygen -o KEYFILE" in line


def test_a_wrong_value_is_told_also_where_there_are_no_backups(tmp_path: Path) -> None:
    for bad in ({"backupKeepDays": 0}, {"backupRecipients": ["age1x"]}, {"backupDrillSchedule": "weekly"}):
        assert len(complaints(tmp_path, **bad)) == 1


def test_without_backups_nothing_has_to_be_given(tmp_path: Path) -> None:
    assert read(tmp_path, backup=False) is None


def test_a_stack_with_the_least_that_is_needed_gets_everything_else_by_default(tmp_path: Path) -> None:
    settings = made(tmp_path, **WANTED, artifactRegion="eu-central-1")

    assert isinstance(settings.bucket, ProvisionedBackups)
    place, admin = settings.bucket.args, settings.bucket.admin
    assert (place.bucket, place.region, place.protect) == ("mlflow-backups", "eu-central-1", False)
    assert place.endpoint == "https://minio.data-platform.svc.cluster.local:9000"
    assert place.ca_certificate == stack_files.CERTIFICATE
    assert [peer.pod_labels for peer in place.peers] == [{"app": "minio"}]
    assert (admin.server, admin.user, admin.ca_file) == ("198.18.0.1:9000", "root", str(tmp_path / "ca.pem"))
    assert settings.database_role.user == "mlflow_backup"
    assert (settings.artifact_key, settings.drill) == (None, None)
    assert (settings.schedules.create, settings.deadline_seconds) == ("7 * * * *", 3000)
    assert (settings.retention.days, settings.retention.count) == (30, 3)


def test_another_server_has_an_address_an_authority_and_an_administrator_of_its_own(tmp_path: Path) -> None:
    settings = made(tmp_path, **WANTED, **FAR)

    assert isinstance(settings.bucket, ProvisionedBackups)
    place, admin = settings.bucket.args, settings.bucket.admin
    assert (place.endpoint, place.ca_certificate) == (FAR["backupEndpoint"], None)
    assert [peer.cidr for peer in place.peers] == ["203.0.113.9/32"]
    assert (admin.server, admin.user, admin.ca_file) == ("far.example.com:9000", "far-admin", None)


@pytest.mark.parametrize("key", ["backupPeers", "backupAdminServer", "backupAdminUser", "backupAdminPassword"])
def test_what_is_true_of_the_artifacts_server_does_not_stand_in_for_another(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, **FAR, key: [] if key == "backupPeers" else ""})

    assert line.startswith(f"  {PROJECT}:{key}: is ")


def test_an_administrator_is_needed_where_that_of_the_artifacts_is_not_given(tmp_path: Path) -> None:
    nobody = {"artifactAdminServer": "", "artifactAdminUser": "", "artifactAdminPassword": ""}
    lines = complaints(tmp_path, **{**WANTED, **ARTIFACTS, **nobody})

    assert [line.split(":")[1] for line in lines] == ["backupAdminServer", "backupAdminPassword", "backupAdminUser"]


def test_a_wrong_value_that_stands_in_for_another_is_told_once(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, "artifactAdminPassword": " hush"})

    assert "artifactAdminPassword: has white space at an end" in line


def test_the_same_bucket_name_on_another_server_is_fine(tmp_path: Path) -> None:
    assert made(tmp_path, **WANTED, **FAR, backupBucket="mlflow-artifacts").drill is None


def test_only_minio_can_be_provisioned(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **WANTED, **ARTIFACTS, artifactEndpoint="", artifactCaFile="")

    assert "backupEndpoint: is empty, like artifactEndpoint, which means AWS S3, but backupProvision is true" in line


@pytest.mark.parametrize("key", [key for key in KEYS if key != "backupProvision"])
def test_a_bucket_that_exists_needs_a_key_to_write_and_one_to_prune(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, **KEYS, key: ""})

    assert f"{key}: is not set; backupProvision is false, and the bucket of backups could not be opened" in line


@pytest.mark.parametrize("key", list(STATUS_KEY))
def test_an_exporter_needs_a_key_to_ask_how_backups_have_ended(key: str, tmp_path: Path) -> None:
    exporter = {"exporter": True, **stack_files.EXPORTER_SECRETS}
    without = made(tmp_path, **WANTED, **KEYS)
    asked = made(tmp_path, **WANTED, **KEYS, **STATUS_KEY, **exporter)
    (line,) = complaints(tmp_path, **{**WANTED, **KEYS, **STATUS_KEY, **exporter, key: ""})

    assert isinstance(without.bucket, GivenBackups)
    assert without.bucket.status is None
    assert isinstance(asked.bucket, GivenBackups)
    assert asked.bucket.status is not None
    assert f"{key}: is not set" in line


@pytest.mark.parametrize("key", ["artifactBackupAccessKey", "artifactBackupSecretKey"])
def test_artifacts_of_somebody_else_need_a_key_to_copy_them(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{**WANTED, **ARTIFACTS, key: ""})

    assert f"{key}: is not set; backup is true and artifactProvision is false" in line
    assert made(tmp_path, **WANTED, **ARTIFACTS).artifact_key is not None


@pytest.mark.parametrize(
    ("key", "override", "what"),
    [
        (
            "databaseBackupUser",
            {"databaseUser": "m" * 57, "databaseDrillUser": "drill"},
            f"'{'m' * 57}_backup' is longer",
        ),
        (
            "databaseDrillUser",
            {"databaseUser": "m" * 58, "databaseBackupUser": "copy"},
            f"'{'m' * 58}_drill' is longer",
        ),
        ("backupDrill", {"artifactBucket": "m" * 60}, f"'{'m' * 60}-drill' is not 3 to 63"),
    ],
)
def test_a_usual_name_that_would_be_too_long_is_told(
    key: str, override: dict[str, Any], what: str, tmp_path: Path
) -> None:
    (line,) = complaints(tmp_path, **{**DRILLED, **override})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line


def test_a_usual_name_that_postgresql_just_takes_is_taken(tmp_path: Path) -> None:
    assert len(made(tmp_path, **WANTED, databaseUser="m" * 56).database_role.user) == 63


def test_servers_are_told_apart_by_their_hosts() -> None:
    assert host_of("https://minio.example.com:9000") == host_of("http://minio.example.com") == "minio.example.com"
    assert host_of(None) == "s3.amazonaws.com"
