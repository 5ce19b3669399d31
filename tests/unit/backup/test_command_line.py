"""What a person sees of the program: help, exit codes, results and log."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import psycopg
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError  # type: ignore[import-untyped]

from mlflow_backup.__main__ import main
from mlflow_backup.command_line import parser
from mlflow_backup.commands.listing import Row, as_json, as_table
from mlflow_backup.failures import (
    BackupError,
    ExitCode,
    NothingToDoError,
    RefusedError,
    RetryLaterError,
    StoppedError,
    UsageError,
    as_failure,
)
from mlflow_backup.log import JsonFormatter, Progress
from mlflow_backup.report import Report
from tests.unit.backup.samples import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (BackupError("x"), 1, "fault"),
        (BackupError("x", "dump"), 1, "dump"),
        (UsageError("x"), 2, "usage"),
        (RefusedError("x", "damaged"), 3, "damaged"),
        (RetryLaterError("x", "locked"), 4, "locked"),
        (NothingToDoError("x"), 5, "nothing"),
        (StoppedError(), 143, "stopped"),
        (KeyboardInterrupt(), 143, "stopped"),
        (psycopg.OperationalError("away"), 4, "unreachable"),
        (psycopg.errors.InsufficientPrivilege("no"), 1, "fault"),
        (EndpointConnectionError(endpoint_url="https://s3"), 4, "unreachable"),
        (refused("SlowDown"), 4, "unreachable"),
        (refused("AccessDenied"), 1, "storage"),
        (ZeroDivisionError("x\ny"), 1, "fault"),
    ],
    ids=repr,
)
def test_every_end_has_an_exit_code_and_a_reason(error: BaseException, code: int, reason: str) -> None:
    found = as_failure(error)
    assert (int(found[0]), found[1]) == (code, reason)
    assert "\n" not in found[2]


def test_help_names_every_command_setting_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    said = capsys.readouterr().out

    for word in ("create", "list", "verify", "restore", "drill", "prune", "BACKUP_TARGET_*", "BACKUP_IDENTITY_FILE"):
        assert word in said
    for code in ExitCode:
        assert f"  {code:<4d} {code.meaning}" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["other"],
        ["restore"],
        ["drill"],
        ["create", "--deep"],
        ["restore", "--database-service", "a", "--sample", "x"],
    ],
)
def test_wrong_arguments_are_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == ExitCode.USAGE
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["create"], ["verify"], ["restore", "--database-service", "a"], ["prune"]])
def test_without_settings_each_command_ends_with_a_result_that_names_them(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlflow_backup.__main__.stop_on_signals", lambda: None)
    monkeypatch.setattr("mlflow_backup.__main__.log_as_json", lambda: None)
    monkeypatch.delenv("BACKUP_PLATFORM", raising=False)
    code = main([*arguments, "--report", str(tmp_path / "report.json")])
    result = json.loads(capsys.readouterr().out)

    assert code == result["exit_code"] == 2
    assert "BACKUP_PLATFORM is not set" in result["message"]
    assert json.loads((tmp_path / "report.json").read_text()) == result


def test_a_result_tells_backup_times_and_phases() -> None:
    report = Report("verify")
    with report.phase("files"):
        report.about(MANIFEST)
    report.warn("look out")
    done, failed = report.result(), report.result(RefusedError("bad", "damaged"))

    assert (done.ok, done.exit_code, done.id, done.objects) == (True, 0, str(MANIFEST.id), 2)
    assert done.created == MANIFEST.created
    assert "files" in done.phases
    assert done.warnings == ("look out",)
    assert (failed.ok, failed.exit_code, failed.reason, failed.message) == (False, 3, "damaged", "bad")
    assert json.loads(failed.text())["command"] == "verify"
    assert "\n" not in failed.text()


def test_the_list_is_a_table_for_people_and_json_for_programs() -> None:
    rows = [
        Row(
            id="b", state="good", platform="p", revision="r", objects=2, artifact_bytes=1536, dump_bytes=10, new_bytes=0
        ),
        Row(id="a", state="unfinished", fault="it broke off"),
    ]
    lines = as_table(rows).splitlines()

    assert lines[1].split() == ["b", "good", "p", "r", "2", "1.5", "KiB", "10", "B", "0", "B"]
    assert lines[2].split()[:4] == ["a", "unfinished", "-", "-"]
    assert lines[3] == "a: it broke off"
    assert json.loads(as_json(rows))[1]["fault"] == "it broke off"
    assert as_table([]).split()[0] == "ID"


def test_a_log_line_is_json_with_facts_and_errors_in_one_line() -> None:
    error = ValueError("first\n  second")
    record = logging.LogRecord("a", logging.WARNING, "file", 1, "it %s", ("broke",), (ValueError, error, None))
    record.facts = {"objects": 3}
    line = JsonFormatter().format(record)

    assert json.loads(line).items() >= {"level": "warning", "message": "it broke", "objects": 3}.items()
    assert json.loads(line)["error"] == "ValueError: first second"
    assert "\n" not in line


def test_progress_tells_objects_and_bytes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    progress = Progress("copying", of_objects=2)
    progress.add(10)
    progress.add(5)
    progress.done()

    (record,) = caplog.records
    facts = record.__dict__["facts"]
    assert record.getMessage() == "copying: done"
    assert (facts["objects"], facts["bytes"], facts["of"]) == (2, 15, 2)
