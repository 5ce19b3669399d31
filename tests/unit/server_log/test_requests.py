"""What the server's log tells of requests."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.unit import stack_files
from tests.unit.server_log.running import REQUEST_LOG

if TYPE_CHECKING:
    from tests.unit.server_log.running import Server

SIGNATURE = "0f1e2d3c4b5a"
TOKEN = "correct-horse-of-the-client"  # noqa: S105 - an example
SEARCH = "/api/2.0/mlflow/experiments/search"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


def test_a_request_is_told_with_its_id_and_without_its_query(server: Server) -> None:
    answer = server.ask("GET", f"{SEARCH}?max_results=1&token={SIGNATURE}", "ask-1")

    assert answer.headers["X-Request-ID"] == "ask-1"
    line = server.told("ask-1")
    assert isinstance(line.pop("duration_ms"), float)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "request_log",
        "message": "request",
        "request_id": "ask-1",
        "method": "GET",
        "path": SEARCH,
        "status": 200,
        "client": "127.0.0.1",
    }


def test_an_id_that_is_none_is_replaced(server: Server) -> None:
    answer = server.ask("GET", f"{SEARCH}?max_results=3", 'x" or 1=1')

    made = answer.headers["X-Request-ID"]
    assert len(made) == 36
    assert server.told(made)["status"] == 200


def test_what_mlflow_logs_on_the_way_has_the_id_of_the_request(server: Server) -> None:
    answer = server.ask("GET", f"{SEARCH}?max_results=1", "evil-1", headers={"Host": "evil.example"})

    assert answer.status_code == 403
    assert answer.headers["X-Request-ID"] == "evil-1"
    assert server.told("evil-1", "mlflow.server.fastapi_security")["level"] == "warning"
    assert server.told("evil-1")["status"] == 403


def test_an_error_in_the_older_part_of_mlflow_which_runs_in_threads_has_the_id_too(server: Server) -> None:
    bulk = "/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=a&metric_key=b&max_results=many"
    answer = server.ask("GET", bulk, "fail-2")

    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "fail-2")
    assert "in get_metric_history_bulk_handler" in server.told("fail-2", "mlflow.server")["traceback"]


def test_the_traceback_of_a_request_that_fails_is_one_line_with_its_id(server: Server) -> None:
    server.ask("PUT", f"{ARTIFACTS}/a/file", data=b"content")
    answer = server.ask("PUT", f"{ARTIFACTS}/a/file/below?X-Amz-Signature={SIGNATURE}", "fail-1", data=b"content")

    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "fail-1")
    line, told = server.told("fail-1"), server.told("fail-1", "uvicorn.error")
    assert (line["level"], line["status"], line["path"]) == ("error", 500, f"{ARTIFACTS}/a/file/below")
    assert told["level"] == "error"
    assert told["error"].startswith("NotADirectoryError: ")
    assert told["traceback"].splitlines()[-1].startswith("NotADirectoryError: ")


def test_probes_leave_no_line(server: Server) -> None:
    for path in ("/health", f"{SEARCH}?max_results=1"):
        assert server.ask("GET", path, "probe-1").status_code == 200
    server.ask("GET", "/version", "after-1")

    assert server.told("after-1")["path"] == "/version"
    own = [line for line in server.pod.lines() if line["logger"] == REQUEST_LOG]
    assert [line for line in own if line["request_id"] == "probe-1"] == []


def test_what_is_no_http_is_told_too(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")

    assert "Invalid HTTP request received." in server.pod.messages()


def test_requests_at_the_same_time_keep_their_ids_over_all_workers(server: Server) -> None:
    ids = [f"many-{number}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: server.ask("GET", f"{SEARCH}?max_results=2", each), ids))

    assert [answer.headers["X-Request-ID"] for answer in answers] == ids
    assert {server.told(each)["status"] for each in ids} == {200}


def test_nothing_that_opens_a_door_is_in_any_line(server: Server) -> None:
    # Last of those that ask, so that all the others are looked at as well.
    headers = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"CF_Authorization={TOKEN}"}
    server.ask("GET", f"{SEARCH}?max_results=1&password={TOKEN}", "door-1", headers=headers)
    server.ask("GET", f"/get-artifact?path={TOKEN}&run_uuid={TOKEN}", "door-2", headers=headers)
    server.told("door-1")
    server.told("door-2")

    text = server.pod.log.read_text()
    assert [secret for secret in (SIGNATURE, TOKEN, *stack_files.SECRETS.values()) if secret in text] == []
