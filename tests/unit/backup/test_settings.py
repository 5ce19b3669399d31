"""Every bad setting is told, with its name, what is wrong and what it should be, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from mlflow_backup.failures import UsageError
from mlflow_backup.settings import (
    CreateSettings,
    PruneSettings,
    RestoreSettings,
    TargetSettings,
    VerifySettings,
    known_revisions,
)

SECRET = "tr0ub4dor"  # noqa: S105 - in a file that is wrong on purpose


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Settings of all commands, and the files that they name."""
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "recipients").write_text(f"# ours\n\n{identity.to_public()}\n")
    (tmp_path / "identity").write_text(f"{identity}\n")
    (tmp_path / "services").write_text("[backup]\nhost=db\n[ owner ]\n[owner]\nhost=db\n")
    (tmp_path / "ca.pem").write_text("authority")
    made = {
        "BACKUP_PLATFORM": "mlflow.example.com/mlflow",
        "BACKUP_RECIPIENTS_FILE": str(tmp_path / "recipients"),
        "BACKUP_IDENTITY_FILE": str(tmp_path / "identity"),
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGSERVICE": "backup",
    }
    for prefix in ("SOURCE", "TARGET", "RESTORE"):
        key = tmp_path / f"key-{prefix}"
        key.write_text(f"[default]\naws_access_key_id = id-{prefix}\naws_secret_access_key = 100%{SECRET}\n")
        made |= {
            f"BACKUP_{prefix}_ENDPOINT": f"https://{prefix.lower()}.example.com:9000",
            f"BACKUP_{prefix}_BUCKET": f"bucket-{prefix.lower()}",
            f"BACKUP_{prefix}_REGION": "us-east-1",
            f"BACKUP_{prefix}_CREDENTIALS_FILE": str(key),
            f"BACKUP_{prefix}_CA_FILE": str(tmp_path / "ca.pem"),
        }
    return made


def test_good_settings_are_read_with_their_files(variables: dict[str, str]) -> None:
    settings = CreateSettings.of(variables)

    assert settings.target.access_key == "id-TARGET"
    assert settings.target.secret_key == f"100%{SECRET}"
    assert settings.target.host == "target.example.com"
    assert settings.workers == 8
    assert len(settings.recipients.keys) == 1
    assert SECRET not in repr(settings)


def test_without_an_endpoint_a_bucket_is_amazons(variables: dict[str, str]) -> None:
    del variables["BACKUP_TARGET_ENDPOINT"], variables["BACKUP_TARGET_CA_FILE"]
    settings = TargetSettings.of(variables)

    assert (settings.target.endpoint, settings.target.ca_file) == (None, None)
    assert settings.target.host == "s3.amazonaws.com"


CREATE = {
    "BACKUP_PLATFORM": ("", "BACKUP_PLATFORM is not set: it is to be the identity of the platform"),
    "BACKUP_TARGET_ENDPOINT": ("s3.example.com", "BACKUP_TARGET_ENDPOINT is 's3.example.com': it is to be a URL"),
    "BACKUP_SOURCE_ENDPOINT": ("ftp://x", "BACKUP_SOURCE_ENDPOINT is 'ftp://x': it is to be a URL"),
    "BACKUP_TARGET_BUCKET": ("", "BACKUP_TARGET_BUCKET is not set: it is to be the name of the bucket of backups"),
    "BACKUP_SOURCE_BUCKET": ("", "BACKUP_SOURCE_BUCKET is not set: it is to be the name of the artifact bucket"),
    "BACKUP_TARGET_REGION": ("", "BACKUP_TARGET_REGION is not set: it is to be the region of the bucket"),
    "BACKUP_TARGET_CREDENTIALS_FILE": (
        "/nowhere",
        "BACKUP_TARGET_CREDENTIALS_FILE is '/nowhere', which cannot be read",
    ),
    "BACKUP_SOURCE_CREDENTIALS_FILE": ("", "BACKUP_SOURCE_CREDENTIALS_FILE is not set: it is to be the path of an AWS"),
    "BACKUP_TARGET_CA_FILE": ("/nowhere", "BACKUP_TARGET_CA_FILE is '/nowhere', which cannot be read (No such file"),
    "PGSERVICEFILE": ("/nowhere", "PGSERVICEFILE is '/nowhere', which cannot be read (No such file or directory)"),
    "PGSERVICE": ("mlflow", "PGSERVICE is 'mlflow', and "),
    "BACKUP_RECIPIENTS_FILE": ("", "BACKUP_RECIPIENTS_FILE is not set: it is to be the path of age public keys"),
    "BACKUP_WORKERS": ("many", "BACKUP_WORKERS is 'many': it is to be a whole number from 1 to 64"),
}


@pytest.mark.parametrize("name", CREATE)
def test_a_bad_setting_of_create_is_told_with_what_it_should_be(variables: dict[str, str], name: str) -> None:
    value, message = CREATE[name]
    with pytest.raises(UsageError) as caught:
        CreateSettings.of(variables | {name: value})

    assert str(caught.value).startswith(message)
    assert "; " not in str(caught.value)


@pytest.mark.parametrize("workers", ["0", "65", "-1", "²", "8.5"])
def test_only_a_reasonable_number_of_workers_is_one(variables: dict[str, str], workers: str) -> None:
    with pytest.raises(UsageError, match="from 1 to 64"):
        CreateSettings.of(variables | {"BACKUP_WORKERS": workers})


@pytest.mark.parametrize("service", ["", "with space", "backup dbname=other"])
def test_a_service_that_is_no_name_is_refused(variables: dict[str, str], service: str) -> None:
    with pytest.raises(UsageError, match="it is to name a section of PGSERVICEFILE"):
        CreateSettings.of(variables | {"PGSERVICE": service})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        CreateSettings.of({})

    for name in ("BACKUP_PLATFORM", "BACKUP_TARGET_BUCKET", "BACKUP_SOURCE_REGION", "PGSERVICE", "RECIPIENTS_FILE"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ["", f"aws_secret_access_key = {SECRET}", f"[default]\naws_secret_access_key = {SECRET}\n", f"[default\n{SECRET}"],
)
def test_a_credentials_file_without_a_key_is_told_without_its_content(variables: dict[str, str], content: str) -> None:
    Path(variables["BACKUP_TARGET_CREDENTIALS_FILE"]).write_text(content)
    with pytest.raises(UsageError, match=r"has no section \[default\] with aws_access_key_id") as caught:
        TargetSettings.of(variables)

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no age public key"),
        ("# nobody\n", "holds no age public key"),
        ("age1qqqq\n", "line 1 of "),
        ("ssh-rsa AAAA", "is no age public key"),
    ],
)
def test_recipients_that_are_none_are_refused(variables: dict[str, str], content: str, message: str) -> None:
    Path(variables["BACKUP_RECIPIENTS_FILE"]).write_text(content)
    with pytest.raises(UsageError, match=message):
        CreateSettings.of(variables)


def test_an_identity_that_is_none_is_told_without_quoting_it(variables: dict[str, str]) -> None:
    Path(variables["BACKUP_IDENTITY_FILE"]).write_text(f"AGE-SECRET-KEY-1{SECRET}\n")
    with pytest.raises(UsageError, match=r"BACKUP_IDENTITY_FILE: line 1 of .* is no age private key") as caught:
        VerifySettings.of(variables)

    assert SECRET not in str(caught.value)


def test_verify_needs_no_private_key(variables: dict[str, str]) -> None:
    del variables["BACKUP_IDENTITY_FILE"]
    assert VerifySettings.of(variables).identities is None
    with pytest.raises(UsageError, match="BACKUP_IDENTITY_FILE is not set: it is to be the path of age private keys"):
        RestoreSettings.of(variables, "owner", None)


def test_backups_do_not_go_into_the_bucket_that_they_are_of(variables: dict[str, str]) -> None:
    same = {f"BACKUP_TARGET_{part}": variables[f"BACKUP_SOURCE_{part}"] for part in ("ENDPOINT", "BUCKET")}
    with pytest.raises(UsageError, match="BACKUP_TARGET_BUCKET is the artifact bucket itself: name a second one"):
        CreateSettings.of(variables | same)


def test_nothing_is_restored_into_the_bucket_of_backups(variables: dict[str, str]) -> None:
    same = {f"BACKUP_RESTORE_{part}": variables[f"BACKUP_TARGET_{part}"] for part in ("ENDPOINT", "BUCKET")}
    with pytest.raises(UsageError, match="BACKUP_RESTORE_BUCKET is the bucket of backups: name another one"):
        RestoreSettings.of(variables | same, "owner", None)


def test_the_bucket_and_the_database_to_restore_to_can_be_arguments(variables: dict[str, str]) -> None:
    del variables["BACKUP_RESTORE_BUCKET"]
    assert RestoreSettings.of(variables, "owner", "elsewhere").restored.bucket == "elsewhere"
    with pytest.raises(UsageError, match=r"--database-service is 'nobody', and .* has no section"):
        RestoreSettings.of(variables, "nobody", "elsewhere")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BACKUP_KEEP_DAYS", "-1", "BACKUP_KEEP_DAYS is '-1': it is to be a whole number from 0 to 36500"),
        ("BACKUP_KEEP_COUNT", "0", "BACKUP_KEEP_COUNT is '0': it is to be a whole number from 1 to 100000"),
    ],
)
def test_a_bad_retention_is_refused(variables: dict[str, str], name: str, value: str, message: str) -> None:
    assert PruneSettings.of(variables).keep_days == 30
    with pytest.raises(UsageError) as caught:
        PruneSettings.of(variables | {name: value})
    assert str(caught.value) == message


def test_known_revisions_are_lines_and_an_empty_list_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "revisions"
    file.write_text("# of 3.17\n\n  0a8213491aaa \ndc11669786a5\n")
    assert known_revisions(file) == frozenset({"0a8213491aaa", "dc11669786a5"})
    assert known_revisions(None) is None
    file.write_text("# none\n")
    with pytest.raises(UsageError, match="names no revision"):
        known_revisions(file)
    with pytest.raises(UsageError, match=r"--known-revisions is '.*', which cannot be read"):
        known_revisions(tmp_path / "nothing")
