"""What the exporter's program tells of the backups."""

from __future__ import annotations

import io
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, generate_latest

from components.inventory_exporter.program.backups import backups_client, look_at_backups
from components.inventory_exporter.program.results import NoResultError
from components.inventory_exporter.program.settings import BackupSettings, Settings
from components.inventory_exporter.program.source import Inventory, Source
from components.program_logging.redaction import in_one_line
from mlflow_backup.archive.layout import status_key
from mlflow_backup.report import Report
from mlflow_backup.result import Result
from tests.unit.test_inventory_exporter_program import ENVIRONMENT, told

if TYPE_CHECKING:
    from pathlib import Path

BACKUPS = "mlflow-backups"
COMMANDS = ("create", "verify", "prune", "drill", "pitr")
ENVIRONMENT_OF_BACKUPS = {
    "EXPORTER_BACKUPS_BUCKET": BACKUPS,
    "EXPORTER_BACKUPS_REGION": "eu-west-1",
    "EXPORTER_BACKUPS_CREDENTIALS_FILE": "/etc/mlflow/backups/credentials",
    "EXPORTER_BACKUPS_SECONDS": "60",
}
GOOD = Result(
    command="create",
    ok=True,
    exit_code=0,
    started="2026-11-26T19:00:00+00:00",
    ended="2026-11-26T19:02:00+00:00",
    duration_seconds=120.5,
    id="20261126T190000Z-0a1b2c",
    created="2026-11-26T19:00:01+00:00",
    objects=4000,
    bytes=700,
    details={"dump_bytes": 1234, "artifact_bytes": 56789, "new_objects": 3, "new_bytes": 600, "revision": "1a2b"},
)
SNAPSHOT, END = 1_795_719_601, 1_795_719_720
"""Unix times of the above."""


class Objects:
    """A client of S3 that knows some objects, and what it was asked for."""

    def __init__(self, content: dict[str, str], missing: str = "NoSuchKey") -> None:
        self.content = content
        self.missing = missing
        self.asked: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as botocore names them
        assert Bucket == BACKUPS
        self.asked.append(Key)
        if Key not in self.content:
            raise ClientError({"Error": {"Code": self.missing}}, "GetObject")
        return {"Body": io.BytesIO(self.content[Key].encode())}


def written(result: Result, *, succeeded: bool = False) -> dict[str, str]:
    return {status_key(result.command, succeeded=succeeded): result.text()}


def of(command: str, **differences: Any) -> Result:
    return Result(**{**vars(GOOD), "command": command, **differences})


def changed(field: str, value: object) -> str:
    return json.dumps({**json.loads(GOOD.text()), field: value})


def test_a_result_of_the_backup_program_becomes_series() -> None:
    failed = of("create", ok=False, exit_code=4, ended="2026-11-26T20:00:00+00:00", details={})
    seen = told(look_at_backups(Objects(written(failed) | written(GOOD, succeeded=True)), BACKUPS))

    assert seen == {
        "mlflow_backup_last_run_timestamp_seconds,command=create": END + 58 * 60,
        "mlflow_backup_last_run_success,command=create": 0,
        "mlflow_backup_last_success_timestamp_seconds,command=create": END,
        "mlflow_backup_last_success_duration_seconds,command=create": 120.5,
        "mlflow_backup_last_success_bytes,command=create": 700,
        "mlflow_backup_last_success_objects,command=create": 4000,
        "mlflow_backup_data_timestamp_seconds": SNAPSHOT,
        "mlflow_backup_data_bytes,part=database": 1234,
        "mlflow_backup_data_bytes,part=artifacts": 56789,
    }


def test_the_program_itself_writes_what_is_read() -> None:
    report = Report("verify")
    result = report.result(OSError("no space left"))

    assert (
        told(look_at_backups(Objects(written(result)), BACKUPS))["mlflow_backup_last_run_success,command=verify"] == 0
    )


def test_every_command_has_series_of_its_own() -> None:
    content = {key: text for command in COMMANDS for key, text in written(of(command)).items()}

    assert told(look_at_backups(Objects(content), BACKUPS)) == {
        f"mlflow_backup_last_run_{name},command={command}": value
        for command in COMMANDS
        for name, value in (("success", 1), ("timestamp_seconds", END))
    }


def test_what_the_receiver_of_the_log_says_becomes_series() -> None:
    log = {"lag_seconds": 12.5, "base_age_seconds": 40_000, "slot_retained_bytes": 16_777_216}
    seen = told(look_at_backups(Objects(written(of("pitr", details=log))), BACKUPS))

    assert seen == {
        "mlflow_backup_last_run_timestamp_seconds,command=pitr": END,
        "mlflow_backup_last_run_success,command=pitr": 1,
        "mlflow_backup_log_lag_seconds": 12.5,
        "mlflow_backup_log_base_age_seconds": 40_000,
        "mlflow_backup_log_slot_retained_bytes": 16_777_216,
    }


def test_a_receiver_that_has_shipped_nothing_yet_has_no_lag_and_no_age_but_a_slot() -> None:
    log = {"lag_seconds": None, "base_age_seconds": None, "slot_retained_bytes": 0}
    seen = told(look_at_backups(Objects(written(of("pitr", ok=False, reason="no-base", details=log))), BACKUPS))

    assert seen["mlflow_backup_last_run_success,command=pitr"] == 0
    assert {name: value for name, value in seen.items() if "log" in name} == {
        "mlflow_backup_log_slot_retained_bytes": 0
    }


def test_the_log_is_told_of_by_the_last_word_and_not_by_the_last_good_one() -> None:
    good = written(of("pitr", details={"lag_seconds": 12}), succeeded=True)
    bad = written(of("pitr", ok=False, reason="behind", details={"lag_seconds": 900}))

    assert told(look_at_backups(Objects(good | bad), BACKUPS))["mlflow_backup_log_lag_seconds"] == 900


def test_a_lag_that_is_no_number_is_a_failure() -> None:
    with pytest.raises(NoResultError, match=r"status/pitr\.json: details\.lag_seconds is 'long', not a number"):
        look_at_backups(Objects(written(of("pitr", details={"lag_seconds": "long"}))), BACKUPS)


def test_a_look_gets_ten_objects_and_lists_nothing() -> None:
    client = Objects({})
    look_at_backups(client, BACKUPS)

    assert sorted(client.asked) == sorted(
        status_key(command, succeeded=good) for command in COMMANDS for good in (True, False)
    )


def test_what_was_never_run_has_no_series_and_is_no_failure() -> None:
    assert told(look_at_backups(Objects({}), BACKUPS)) == {}


def test_a_success_without_a_backup_tells_of_no_data() -> None:
    nothing = of("create", id="", created="", objects=0, bytes=0, details={})
    seen = told(look_at_backups(Objects(written(nothing, succeeded=True)), BACKUPS))

    assert [name for name in seen if "data" in name] == []
    assert seen["mlflow_backup_last_success_objects,command=create"] == 0


def test_a_refusal_beside_an_answer_means_that_there_is_nothing() -> None:
    seen = told(look_at_backups(Objects(written(GOOD), missing="AccessDenied"), BACKUPS))

    assert set(seen) == {
        "mlflow_backup_last_run_success,command=create",
        "mlflow_backup_last_run_timestamp_seconds,command=create",
    }


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "NoSuchBucket", "SlowDown"])
def test_a_key_that_gets_nothing_at_all_is_a_failure(code: str) -> None:
    with pytest.raises(ClientError, match=code):
        look_at_backups(Objects({}, missing=code), BACKUPS)


def test_an_error_beside_answers_is_a_failure() -> None:
    with pytest.raises(ClientError, match="InternalError"):
        look_at_backups(Objects(written(GOOD), missing="InternalError"), BACKUPS)


def test_a_server_that_is_away_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    away = BackupSettings(
        bucket=BACKUPS,
        endpoint="http://127.0.0.1:1",
        region="eu-west-1",
        credentials_file=str(tmp_path / "key"),
        authority_file=None,
        seconds=60,
    )
    with pytest.raises(EndpointConnectionError):
        look_at_backups(backups_client(away), BACKUPS)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", " is not JSON: Expecting value"),
        ('{"ok": tr', " is not JSON: Expecting value"),
        ("[]", " is not a JSON object"),
        (changed("ended", "today"), ": ended is 'today', not a time in ISO 8601"),
        (
            changed("ended", "2026-11-26T19:00:00"),
            ": ended is '2026-11-26T19:00:00', a time without its offset from UTC",
        ),
        (changed("created", "then"), ": created is 'then', not a time in ISO 8601"),
        (GOOD.text().replace('"bytes": 700', '"bytes": true'), ": bytes is True, not a number"),
        (changed("bytes", None), ": bytes is None, not a number"),
        (changed("objects", "4000"), ": objects is '4000', not a number"),
        (changed("details", {}), ": details.dump_bytes is None, not a number"),
        (changed("details", []), ": details.dump_bytes is None, not a number"),
    ],
)
def test_an_object_that_is_no_result_is_a_failure_that_names_it(content: str, what: str) -> None:
    with pytest.raises(NoResultError) as caught:
        look_at_backups(Objects({"status/create.ok.json": content}), BACKUPS)

    assert f"NoResultError: status/create.ok.json{what}" in in_one_line(caught.value)


def test_a_run_that_neither_succeeded_nor_failed_is_a_failure() -> None:
    with pytest.raises(NoResultError, match=r"status/prune\.json: ok is 'yes', neither true nor false"):
        look_at_backups(Objects({"status/prune.json": changed("ok", "yes")}), BACKUPS)


def test_promtool_has_nothing_to_say_against_the_names() -> None:
    content = {key: text for command in COMMANDS for key, text in written(of(command)).items()}
    content |= {key: text for command in COMMANDS for key, text in written(of(command), succeeded=True).items()}
    source = Source("backups", 60, lambda: look_at_backups(Objects(content), BACKUPS))
    source.refresh()
    registry = CollectorRegistry()
    registry.register(Inventory([source]))
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=generate_latest(registry), capture_output=True, check=False
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


@pytest.mark.parametrize(("endpoint", "style"), [("https://minio:9000", "path"), (None, "auto")])
def test_the_client_goes_by_its_own_key_and_place_and_not_by_the_artifact_buckets(
    endpoint: str | None, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in (("backups", "of-the-watcher"), ("artifacts", "of-the-lister")):
        (tmp_path / name).write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "artifacts"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "not-there"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    given = {**ENVIRONMENT_OF_BACKUPS, "EXPORTER_BACKUPS_CREDENTIALS_FILE": str(tmp_path / "backups")}
    read = BackupSettings.of(given | ({"EXPORTER_BACKUPS_ENDPOINT": endpoint} if endpoint else {}))
    assert read
    client = backups_client(read)

    assert client._request_signer._credentials.access_key == "of-the-watcher"
    assert client.meta.endpoint_url == (endpoint or "https://s3.eu-west-1.amazonaws.com")
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.s3["addressing_style"] == style
    assert client._endpoint.http_session._verify is True


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT_OF_BACKUPS if not name.endswith("_BUCKET")])
def test_a_missing_setting_of_the_backups_is_an_error(name: str) -> None:
    given = {**ENVIRONMENT, **ENVIRONMENT_OF_BACKUPS}
    with pytest.raises(KeyError, match=name):
        Settings.of({key: value for key, value in given.items() if key != name})
