"""A Prometheus that answers what it was told to, and remembers what it was asked."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.dashboard_pages.prometheus import Prometheus
from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Reply = tuple[int, Any]
"""Status and content."""


class Canned:
    """What it answers, by path; by default that it knows nothing."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.values: dict[str, list[str]] = {"namespace": ["data-platform"], "job": ["mlflow"], "instance": ["a:1"]}
        self.result: Callable[[str], Any] = lambda _: []
        self.refuses: str | None = None
        self.began: float = 0

    def queries(self, path: str) -> list[dict[str, str]]:
        return [asked for where, asked in self.asked if where == path]

    def reply(self, path: str, asked: dict[str, str]) -> Reply:
        self.asked.append((path, asked))
        if path == "/-/ready":
            return 200, "ready"
        if path.startswith("/api/v1/label/"):
            return 200, {"data": self.values[path.split("/")[4]]}
        if self.refuses and self.refuses in asked["query"]:
            return 400, {"status": "error", "error": "parse error: unexpected end of input"}
        if asked["query"] == "count(up)":
            return 200, _matrix(self._glances(asked))
        result = self.result(asked["query"])
        if path.endswith("/query"):
            return 200, _vector(asked, result)
        return 200, {"data": {"resultType": "matrix", "result": [_over(asked, *each) for each in result]}}

    def _glances(self, asked: dict[str, str]) -> list[float]:
        begin, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        times = (begin + number * step for number in range(1000))
        return [time for time in times if self.began <= time <= end]


def _matrix(times: list[float]) -> Any:
    series = [{"metric": {}, "values": [[time, "1"] for time in times]}] if times else []
    return {"data": {"resultType": "matrix", "result": series}}


def _vector(asked: dict[str, str], result: Any) -> Any:
    if not isinstance(result, list):
        return {"data": {"resultType": "scalar", "result": [float(asked["time"]), str(result)]}}
    points = [{"metric": labels, "value": [float(asked["time"]), str(value)]} for labels, value in result]
    return {"data": {"resultType": "vector", "result": points}}


def _over(asked: dict[str, str], labels: dict[str, str], value: object) -> Any:
    begin, end, step = (float(asked[name]) for name in ("start", "end", "step"))
    times = [begin + number * step for number in range(int((end - begin) / step) + 1)]
    return {"metric": labels, "values": [[time, str(value)] for time in times]}


@contextmanager
def serving(canned: Canned) -> Iterator[Prometheus]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, content = canned.reply(parts.path, dict(parse_qsl(parts.query)))
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as address:
        yield Prometheus(address)
