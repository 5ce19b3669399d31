"""The decisions of the program; what needs a server is in tests/integration/test_garbage_collection.py."""

from __future__ import annotations

import json
import re
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from components.garbage_collection.program import __main__ as program
from components.garbage_collection.program import collection
from components.garbage_collection.program import settings as names
from components.garbage_collection.program.artifacts import OutOfReachError, folder
from components.garbage_collection.program.outcome import Fate, Kind, LaterError, Outcome, RefusedError, Summary, Tally
from components.garbage_collection.program.settings import Settings, SettingsError
from components.garbage_collection.program.trash import Due, KeptError
from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

RUN = "0123456789abcdef0123456789abcdef"
GIVEN = {
    names.URI: "postgresql+psycopg2://mlflow@postgres/mlflow",
    names.BUCKET: "artifacts",
    names.MIN_DAYS: "30",
    names.DRY_RUN: "false",
    names.WORK_SECONDS: "100",
    names.LOCK_SECONDS: "1",
    names.TURN_SECONDS: "10",
    names.PAUSE_SECONDS: "5",
}
SETTINGS = Settings.of(GIVEN)


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        (names.URI, "", "MLFLOW_BACKEND_STORE_URI is not set"),
        (names.BUCKET, "", "GARBAGE_BUCKET is not set"),
        (names.MIN_DAYS, "-1", "GARBAGE_MIN_DAYS is '-1' and not a number from 0 on"),
        (names.MIN_DAYS, "30d", "GARBAGE_MIN_DAYS is '30d' and not a number from 0 on"),
        (names.TURN_SECONDS, "nan", "GARBAGE_TURN_SECONDS is 'nan' and not a number from 0 on"),
        (names.WORK_SECONDS, "inf", "GARBAGE_WORK_SECONDS is 'inf' and not a number from 0 on"),
        (names.DRY_RUN, "yes", "GARBAGE_DRY_RUN is 'yes' and neither true nor false"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_where_kubernetes_looks_for_it(
    name: str, value: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=re.escape(what)):
        Settings.of({**GIVEN, name: value})

    message = tmp_path / "message"
    for each, given in {**GIVEN, names.MESSAGE_FILE: str(message), name: value}.items():
        monkeypatch.setenv(each, given)
    monkeypatch.setattr(program, "log_as_json", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert program.main() == 78
    (line,) = message.read_text().splitlines()
    told = json.loads(line)
    assert told["outcome"] == "refused"
    assert told["reason"].startswith(what)


def test_only_what_is_done_succeeds_and_every_failure_has_a_code_of_its_own() -> None:
    codes = [outcome.exit_code for outcome in Outcome]

    assert [outcome for outcome in Outcome if outcome.exit_code == 0] == [Outcome.DONE, Outcome.NOTHING_TO_DO]
    assert len(set(codes)) == len(codes) - 1
    # Of Python, of the shell, and of signals.
    assert [code for code in codes if code in (1, 2) or code > 125] == []


def test_the_runbook_tells_every_outcome_with_its_code() -> None:
    text = (stack_files.ROOT / "docs" / "runbook.md").read_text()
    section = text.partition("## MLFlowGarbageCollectionFailed")[2].partition("\n## ")[0]

    for outcome in Outcome:
        assert re.search(rf"^\| [^|]*`{outcome.words}`[^|]* \| {outcome.exit_code} \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        (f"mlflow-artifacts:/1/{RUN}/artifacts", f"1/{RUN}/artifacts"),
        (f"mlflow-artifacts:///1/{RUN}/artifacts/", f"1/{RUN}/artifacts"),
        (f"mlflow-artifacts:/of%20a%20team/{RUN}/artifacts", f"of a team/{RUN}/artifacts"),
        (f"s3://artifacts/1/{RUN}/artifacts", f"1/{RUN}/artifacts"),
    ],
)
def test_a_folder_is_found_where_the_server_puts_it(uri: str, path: str) -> None:
    assert folder(uri, RUN, "artifacts") == path


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow-artifacts:/",
        "mlflow-artifacts:/1",
        "s3://artifacts",
        f"mlflow-artifacts:/1/{RUN}-of-another/artifacts",
        f"mlflow-artifacts:/1/{RUN}/../other",
        f"mlflow-artifacts:/1/{RUN}/%2E%2E/%2E%2E",
        f"s3://artifacts/1//{RUN}",
        "",
    ],
)
def test_what_would_take_others_artifacts_along_is_never_deleted(uri: str) -> None:
    with pytest.raises(OutOfReachError, match=r"not a folder of its own|not in the bucket"):
        folder(uri, RUN, "artifacts")


@pytest.mark.parametrize(
    "uri",
    [
        f"s3://others/1/{RUN}/artifacts",
        f"mlflow-artifacts://another-server/1/{RUN}/artifacts",
        f"file:///mlruns/1/{RUN}/artifacts",
        f"/mlruns/1/{RUN}/artifacts",
        f"gs://artifacts/1/{RUN}/artifacts",
    ],
)
def test_what_is_elsewhere_is_not_taken_for_gone(uri: str) -> None:
    with pytest.raises(OutOfReachError, match="which is not in the bucket artifacts"):
        folder(uri, RUN, "artifacts")


class Trash:
    """One whose things have a fate that the test chooses."""

    def __init__(self, *fates: Exception | None) -> None:
        self.fates = fates
        self.removed: list[str] = []

    def due(self) -> list[Due]:
        return [Due(Kind.RUN, str(number), 0) for number in range(len(self.fates))]

    def check(self, due: Due) -> None:
        if error := self.fates[int(due.id)]:
            raise error

    def remove(self, due: Due) -> None:
        self.check(due)
        self.removed.append(due.id)


def collect(monkeypatch: pytest.MonkeyPatch, trash: Trash, **differences: Any) -> Summary:
    class Held:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def go_on(self) -> None:
            pass

        check = go_on

    monkeypatch.setattr(collection, "Trash", lambda *_: trash)
    monkeypatch.setattr(collection, "Turns", Held)
    return collection.run(Settings(**{**vars(SETTINGS), **differences}), threading.Event())


def test_each_thing_has_its_own_fate(monkeypatch: pytest.MonkeyPatch) -> None:
    trash = Trash(None, ValueError("broken"), KeptError("version 1 refers to it"), None)
    summary = collect(monkeypatch, trash)

    assert trash.removed == ["0", "3"]
    assert summary.outcome is Outcome.INCOMPLETE
    assert summary.reason == "2 removed, 1 passed over, 1 could not be removed, 0 left for the next time"
    assert summary.fields()["runs"] == {"due": 4, "removed": 2, "kept": 1, "failed": 1}


def test_a_store_that_goes_away_ends_it_and_what_was_done_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = collect(monkeypatch, Trash(None, LaterError("the bucket cannot be reached"), None))

    assert (summary.outcome, summary.reason) == (Outcome.RETRY_LATER, "the bucket cannot be reached")
    assert summary.fields()["runs"] == {"due": 3, "removed": 1, "kept": 0, "failed": 0}


def test_what_is_refused_before_the_first_removal_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Trash):
        def due(self) -> list[Due]:
            raise RefusedError("no such bucket")

    summary = collect(monkeypatch, Refusing())

    assert (summary.outcome, summary.reason) == (Outcome.REFUSED, "no such bucket")


def test_a_dry_run_counts_and_removes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trash = Trash(None, KeptError("version 1 refers to it"), None)
    summary = collect(monkeypatch, trash, dry_run=True)

    assert trash.removed == []
    assert (summary.outcome, summary.reason) == (Outcome.DONE, "dry run: 2 would be removed, 1 passed over")
    assert summary.fields()["dry_run"] is True


def test_where_nothing_is_due_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert collect(monkeypatch, Trash()).outcome is Outcome.NOTHING_TO_DO


def test_after_its_time_nothing_more_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    trash = Trash(None, None)
    summary = collect(monkeypatch, trash, work_seconds=0)

    assert trash.removed == []
    assert (summary.outcome, summary.tally.left) == (Outcome.DONE, 2)


def test_a_summary_counts_every_kind_under_its_name() -> None:
    tally = Tally()
    tally.expect(Kind.MODEL)
    tally.add(Kind.MODEL, Fate.KEPT)
    nothing = {"due": 0, "removed": 0, "kept": 0, "failed": 0}

    assert Summary(Outcome.DONE, "why", tally).fields() == {
        "outcome": "done",
        "reason": "why",
        "dry_run": False,
        "runs": nothing,
        "logged_models": {**nothing, "due": 1, "kept": 1},
        "experiments": nothing,
    }
