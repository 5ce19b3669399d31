"""The application around MLflow's own, without MLflow."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from components.mlflow_server.plugin.request_log import RequestLog
from components.program_logging.lines import FACTS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from components.mlflow_server.plugin.request_log import Application, Message, Receive, Scope, Send

Result = TypeVar("Result")
MADE_HERE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def run(todo: Coroutine[Any, Any, Result]) -> Result:
    """As `asyncio.run`, which leaves the thread without a loop, and later tests record Pulumi programs in one."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(todo)
    finally:
        loop.close()


def request(path: str = "/api", query: str = "", request_id: bytes | None = None) -> dict[str, Any]:
    headers = [(b"host", b"mlflow")] + ([(b"x-request-id", request_id)] if request_id is not None else [])
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
        "client": ("10.0.0.7", 4711),
    }


def answering(status: int, headers: list[tuple[bytes, bytes]] | None = None) -> Application:
    async def application(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers or []})
        await send({"type": "http.response.body", "body": b"ok"})

    return application


def sent(application: Application, scope: dict[str, Any], *quiet: str) -> list[Message]:
    """What goes out for a request."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    async def as_uvicorn() -> None:
        await RequestLog(application, quiet)(scope, receive, send)

    run(as_uvicorn())
    return messages


def id_of(messages: list[Message]) -> str:
    (value,) = [value for name, value in messages[0]["headers"] if name == b"x-request-id"]
    text: str = value.decode()
    return text


@pytest.fixture(autouse=True)
def _everything_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.mark.parametrize("given", [b"a", b"0123456789abcdef", b"7b0c7c4e-3f1d-4d8e-9f57-0a3f6b9b7c11", b"a" * 128])
def test_an_id_that_came_along_is_kept(given: bytes) -> None:
    assert id_of(sent(answering(200), request(request_id=given))) == given.decode()


@pytest.mark.parametrize(
    "given", [None, b"", b"two words", b'a"b', b"a\r\nset-cookie: b", b"<script>", b"a" * 129, "é".encode()]
)
def test_where_no_sane_one_came_an_id_is_made(given: bytes | None) -> None:
    first, second = (id_of(sent(answering(200), request(request_id=given))) for _ in range(2))

    assert MADE_HERE.fullmatch(first)
    assert first != second


def test_the_answer_has_one_id_whatever_the_application_wrote() -> None:
    application = answering(200, [(b"X-Request-ID", b"other"), (b"content-type", b"text/plain")])
    messages = sent(application, request(request_id=b"mine"))

    assert messages[0]["headers"] == [(b"content-type", b"text/plain"), (b"x-request-id", b"mine")]
    assert messages[1] == {"type": "http.response.body", "body": b"ok"}


def test_lines_on_the_way_get_the_id() -> None:
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(FACTS.get())
        # As Flask's part of MLflow runs, in a thread.
        seen.append(await asyncio.to_thread(FACTS.get))
        await answering(200)(scope, receive, send)

    sent(application, request(request_id=b"mine"))

    assert seen == [{"request_id": "mine"}] * 2


def test_requests_at_the_same_time_have_each_their_own() -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        await answering(200, [(b"seen", str((FACTS.get() or {})["request_id"]).encode())])(scope, receive, send)

    async def all_at_once() -> list[tuple[str, list[Message]]]:
        log = RequestLog(application, ())
        outcomes: list[tuple[str, list[Message]]] = [(f"id-{number}", []) for number in range(20)]

        async def one(name: str, messages: list[Message]) -> None:
            async def send(message: Message) -> None:
                messages.append(message)

            await log(request(request_id=name.encode()), asyncio.Event().wait, send)  # type: ignore[arg-type] # unused

        await asyncio.gather(*(asyncio.create_task(one(*outcome)) for outcome in outcomes))
        return outcomes

    for name, messages in run(all_at_once()):
        assert messages[0]["headers"] == [(b"seen", name.encode()), (b"x-request-id", name.encode())]


def test_the_line_says_what_was_asked_by_whom_and_what_came_of_it(caplog: pytest.LogCaptureFixture) -> None:
    sent(answering(404), request("/api/runs", "run_id=1&X-Amz-Signature=correct-horse"))

    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == ("INFO", "request")
    about = {name: line.__dict__[name] for name in ("method", "path", "status", "client")}
    assert about == {"method": "GET", "path": "/api/runs", "status": 404, "client": "10.0.0.7"}
    assert 0 <= line.__dict__["duration_ms"] < 1000
    assert "correct-horse" not in str(line.__dict__)


def test_a_fault_of_the_server_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    sent(answering(503), request())

    assert [line.levelname for line in caplog.records] == ["ERROR"]


def test_an_application_that_breaks_counts_as_what_uvicorn_answers(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sent(breaks, request())

    assert [(line.levelname, line.__dict__["status"]) for line in caplog.records] == [("ERROR", 500)]


def test_a_client_that_left_before_it_was_answered_is_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    async def gives_up(*_: Any) -> None:
        return

    sent(gives_up, request(), "/api")

    assert [(line.levelname, line.__dict__["status"]) for line in caplog.records] == [("INFO", 0)]


@pytest.mark.parametrize(
    ("asked", "status", "lines"),
    [
        (("/health", ""), 200, 0),
        (("/health", ""), 503, 1),
        (("/health", "deep=1"), 200, 1),
        (("/search", "max_results=1"), 200, 0),
        (("/search", "max_results=1"), 403, 1),
        (("/search", "max_results=2"), 200, 1),
        (("/search", ""), 200, 1),
    ],
)
def test_probes_that_succeed_leave_no_line(
    asked: tuple[str, str], status: int, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    sent(answering(status), request(*asked), "/health", "/search?max_results=1")

    assert len(caplog.records) == lines


def test_what_is_no_request_passes_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    async def application(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope)

    sent(application, {"type": "lifespan"})

    assert seen == [{"type": "lifespan"}]
    assert caplog.records == []
