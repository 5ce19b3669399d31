"""The log that every program in Python has in its pod."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from components.program_logging.lines import FACTS, JsonLines
from components.program_logging.process import LineHandler, configuration
from components.program_logging.redaction import in_one_line, without_secrets
from components.python_files import logging_package

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct-horse"  # noqa: S105 - an example


def line_of(message: str, *arguments: object, error: BaseException | None = None, **extra: object) -> dict[str, Any]:
    """What becomes of one message."""
    told = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("library", logging.WARNING, "file", 1, message, arguments, told)
    record.__dict__ |= extra
    text = JsonLines(["step"]).format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


def failure(text: str) -> ValueError:
    """An error that has been raised, so that it has frames."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - it is the one below
        raise ValueError(text)
    return raised.value


def test_a_line_has_time_level_logger_and_message() -> None:
    line = line_of("%s of %s", "two", "three")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "warning", "logger": "library", "message": "two of three"}


def test_of_what_a_call_gives_along_only_what_is_expected_is_told() -> None:
    assert line_of("", step="search", color_message="\x1b[1mloud")["step"] == "search"
    assert "color_message" not in line_of("", color_message="\x1b[1mloud")


def test_facts_are_in_every_line_while_they_hold() -> None:
    token = FACTS.set({"request_id": "abc"})
    assert line_of("during")["request_id"] == "abc"
    FACTS.reset(token)
    assert "request_id" not in line_of("after")


def test_an_error_has_a_name_a_text_and_its_frames_all_in_one_line() -> None:
    line = line_of("it broke", error=failure("first\n  second"))

    assert line["error"] == "ValueError: first second"
    assert line["traceback"].splitlines()[0] == "Traceback (most recent call last):"
    assert "in failure" in line["traceback"]


def test_a_message_whose_arguments_do_not_fit_is_told_all_the_same() -> None:
    assert line_of("%d pods", "no")["message"] == "%d pods ('no',)"


def test_a_line_fits_into_what_a_container_runtime_takes_as_one() -> None:
    wide = line_of("m" * 10**6, error=failure("e" * 10**6), step="s" * 10**6)
    deep = line_of("m" * 10**6, error=failure("a line\n" * 10**6), step="s" * 10**6)

    assert len(json.dumps(wide)) < 16 * 1024
    assert len(json.dumps(deep)) < 16 * 1024
    assert "in failure" in wide["traceback"]


@pytest.mark.parametrize(
    "text",
    [
        "no route to postgresql+psycopg2://mlflow:correct-horse@postgres:5432/mlflow",
        "no route to postgresql://mlflow:p@correct-horse@postgres:5432/mlflow",
        "GET https://minio/bucket/file?X-Amz-Signature=correct-horse&X-Amz-Date=1 failed",
        "AWS4-HMAC-SHA256 Credential=correct-horse, SignedHeaders=host, Signature=correct-horse",
        'login with {"password": "correct-horse"}',
        r"login with \"{\\\"password\\\": \\\"correct-horse\\\"}\"",
        "PGPASSWORD='correct-horse' psql",
        "aws_secret_access_key = correct-horse",
        "Authorization: Bearer correct-horse",
        "sent Bearer correct-horse to the server",
        "Cookie: CF_Authorization=correct-horse",
        "cf-access-client-secret: correct-horse",
        "the assertion eyJhbGciOiJSUzI1NiJ9.correct-horse.correct-horse is too old",
        "-----BEGIN RSA PRIVATE KEY-----\ncorrect-horse\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_opens_a_door_is_in_no_part_of_a_line(text: str) -> None:
    line = line_of("%s", text, error=failure(text), step=text)

    assert SECRET not in json.dumps(line)
    assert SECRET not in in_one_line(failure(text))


@pytest.mark.parametrize(
    "text",
    [
        'FATAL: password authentication failed for user "mlflow"',
        "fe_sendauth: no password supplied",
        "Uvicorn running on http://0.0.0.0:5000 (Press CTRL+C to quit)",
        "GET /api/2.0/mlflow/runs/search answered 404: No such run",
        "the token expired 5 minutes ago",
        "/opt/mlflow/lib/python3.11/site-packages/mlflow/server/handlers.py:12: FutureWarning",
    ],
)
def test_what_a_person_needs_to_know_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("piece", ["secret", "password=", "://", "eyJaaaaaaaa-", "bearer ", "token'\\ ", "?", "@:/"])
def test_no_text_takes_long_to_search(piece: str) -> None:
    pieces = 20_000

    # A search whose time grew with the square of the length would take minutes here.
    assert without_secrets(piece * pieces) is not None


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    stream = io.StringIO()
    stream.close()

    LineHandler(stream, []).handle(logging.LogRecord("library", logging.INFO, "file", 1, "gone", (), None))


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    """A directory with what a pod has on Python's path, a description of the log, and a place for a program."""
    for path, text in logging_package().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "log.json").write_text(json.dumps(configuration(["step"], {"quiet": "WARNING"})))
    return tmp_path


def run(pod: Path, program: str, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Runs a program in a process of its own; all that it says has to be lines of the log."""
    (pod / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "components.program_logging", "log.json", "program", *arguments],
        cwd=pod, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(pod)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_a_program_runs_as_it_would_by_itself(pod: Path) -> None:
    status, lines = run(pod, "import sys; print(__name__, *sys.argv[1:]); sys.exit(7)", "one", "two")

    assert status == 7
    assert [line["message"] for line in lines] == ["__main__ one two"]


def test_levels_hold_for_the_loggers_that_they_name(pod: Path) -> None:
    program = "import logging\nfor name in ('quiet', 'other'): logging.getLogger(name).info('hello')"

    assert [line["logger"] for line in run(pod, program)[1]] == ["other"]


def test_what_is_printed_becomes_a_line_for_each_of_its_lines(pod: Path) -> None:
    program = (
        "import sys; print('one\\ntwo'); print('th', end=''); print('ree'); print('four', end='', file=sys.stderr)"
    )
    _, lines = run(pod, program)

    assert [(line["logger"], line["level"], line["message"]) for line in lines] == [
        ("stdout", "info", "one"),
        ("stdout", "info", "two"),
        ("stdout", "info", "three"),
        ("stderr", "warning", "four"),
    ]


def test_a_warning_of_python_is_a_line(pod: Path) -> None:
    ((line,),) = (run(pod, "import warnings; warnings.warn('old')")[1],)

    assert (line["logger"], line["level"]) == ("py.warnings", "warning")


def test_the_error_that_ends_a_process_is_one_line_with_its_frames(pod: Path) -> None:
    status, (line,) = run(pod, "def act(): 1 / 0\nact()")

    assert status == 1
    assert (line["level"], line["error"]) == ("critical", "ZeroDivisionError: division by zero")
    assert "in act" in line["traceback"]


def test_the_error_that_ends_a_thread_is_one_line_with_its_frames(pod: Path) -> None:
    status, (line,) = run(pod, "import threading; threading.Thread(target=lambda: 1 / 0, name='t').start()")

    assert status == 0
    assert (line["level"], line["message"]) == ("error", "the thread t ended by an error")
    assert "traceback" in line


def test_an_error_that_python_cannot_raise_is_one_line(pod: Path) -> None:
    _, (line,) = run(pod, "class Last:\n    def __del__(self): 1 / 0\nLast()")

    assert (line["level"], line["error"]) == ("error", "ZeroDivisionError: division by zero")


def test_a_process_that_is_started_by_multiprocessing_can_read_the_same_description(pod: Path) -> None:
    # As uvicorn does it in each of its workers.
    program = """
import json, logging.config, multiprocessing
def work():
    logging.config.dictConfig(json.load(open("log.json")))
    print("printed by a worker")
if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work)
    worker.start()
    worker.join()
"""

    assert [line["message"] for line in run(pod, program)[1]] == ["printed by a worker"]
