"""The package for clients outside, built, installed and used with the oldest and the newest client of MLflow."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sandbox import paths, processes
from tests.client_package import TIMEOUT, build_wheel, client, install
from tests.integration.recording_server import RecordingServer, recording_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPT = paths.CLONE / "tests" / "integration" / "client_script.py"
ID, SECRET = "cf-access-client-id", "cf-access-client-secret"
FIRST = {ID: "first.access", SECRET: "first-secret"}
SECOND = {ID: "second.access", SECRET: "second-secret"}
NONE = {ID: None, SECRET: None}


@dataclass(frozen=True)
class Session:
    """A script has run: the errors that it got, all that it printed, and what both servers were asked."""

    errors: dict[str, str]
    printed: str
    mlflow: RecordingServer
    other: RecordingServer


def tokens(server: RecordingServer, word: str) -> list[dict[str, str | None]]:
    """The Access headers of the requests with a word in their path or query."""
    return [{name: request.headers.get(name) for name in (ID, SECRET)} for request in server.asked(word)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def token_folder(folder: Path) -> Path:
    """A mounted Secret, as the kubelet lays it out, with the next token beside it."""
    folder.mkdir()
    for name, token in (("first", FIRST), ("second", SECOND)):
        (folder / name).mkdir()
        (folder / name / "client-id").write_text(f"{token[ID]}\n")
        (folder / name / "client-secret").write_text(token[SECRET])
    (folder / "..data").symlink_to("first")
    for key in ("client-id", "client-secret"):
        (folder / key).symlink_to(f"..data/{key}")
    return folder


@pytest.fixture(scope="module", params=[pytest.param("oldest", marks=pytest.mark.full), "newest"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp(request.param)
    python = client(request.param)
    site = install(python, wheel, folder)
    token = token_folder(folder / "token")
    with recording_server() as mlflow, recording_server() as other:
        mlflow.moved["moved"] = f"{other.url}/moved-here"
        mlflow.moved["login"] = f"{other.url}/cdn-cgi/access/login/mlflow.example.test?kid=x"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(site),
            "MLFLOW_TRACKING_URI": mlflow.url,
            "MLFLOW_CLOUDFLARE_ACCESS_HOST": f"127.0.0.1:{mlflow.port}",
            "MLFLOW_CLOUDFLARE_ACCESS_DIR": str(token),
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        log = folder / "script.log"
        words: list[str | Path] = [python, SCRIPT, other.url, token]
        processes.run_logged(words, log, what="a user's script", env=environment, timeout=TIMEOUT)
        yield Session(json.loads(log.read_text().splitlines()[-1]), log.read_text(), mlflow, other)


def test_a_script_that_knows_nothing_of_it_logs_a_run_and_an_artifact_with_the_token(session: Session) -> None:
    for word in ("runs/create", "runs/log-metric", "runs/log-parameter", "runs/update", "artifacts/client_script.py"):
        assert tokens(session.mlflow, word) == [FIRST], word


def test_every_request_to_the_configured_host_carries_it(session: Session) -> None:
    assert all(token in (FIRST, SECOND) for token in tokens(session.mlflow, ""))


def test_another_server_gets_nothing_whichever_way_the_client_comes_to_it(session: Session) -> None:
    for word in ("asked-of-another", "moved-here", "presigned", "after-a-switch"):
        assert tokens(session.other, word) == [NONE], word
    assert all(token == NONE for token in tokens(session.other, ""))


def test_a_rotated_token_is_sent_from_the_next_request_on(session: Session) -> None:
    assert tokens(session.mlflow, "after-rotation") == [SECOND]


def test_the_login_page_is_an_error_that_says_why_and_is_not_fetched(session: Session) -> None:
    assert "Cloudflare Access asks for a login at 127.0.0.1" in session.errors["login"]
    assert not session.other.asked("login")


def test_a_token_that_is_gone_is_an_error_that_names_the_variable_before_anything_is_sent(session: Session) -> None:
    assert "MLFLOW_CLOUDFLARE_ACCESS_DIR" in session.errors["emptied"]
    assert "client-secret) is empty" in session.errors["emptied"]
    assert not session.mlflow.asked("emptied")


def test_plain_http_over_a_network_is_refused(session: Session) -> None:
    assert "is not sent over plain HTTP" in session.errors["plain"]


def test_a_wrong_host_is_told_once_and_nobody_gets_the_token(session: Session) -> None:
    assert session.printed.count("MLFLOW_CLOUDFLARE_ACCESS_HOST: 'https://mlflow.example.test' is a URL") == 1
    assert tokens(session.other, "=host") == [NONE, NONE]


def test_what_should_work_works_and_nothing_that_is_printed_has_a_secret_in_it(session: Session) -> None:
    assert {name for name, error in session.errors.items() if error} == {"login", "emptied", "plain"}
    assert not [secret for secret in ("first-secret", "second-secret", "never-sent") if secret in session.printed]


def test_the_wheel_tells_that_it_is_typed_and_what_mlflow_shall_load(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        assert "mlflow_cloudflare_access/py.typed" in content.namelist()
        entry_points = next(name for name in content.namelist() if name.endswith("entry_points.txt"))
        assert "[mlflow.request_header_provider]" in content.read(entry_points).decode()
