"""A way to MLflow on which answers get lost, or which sometimes leads to nobody."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import requests

from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60.0


@dataclass
class LosingProxy:
    """Passes on requests and answers, but for as many times as it is told."""

    upstream: str
    url: str = ""
    lost: dict[str, int] = field(default_factory=dict)
    """How many answers to requests with a word in their path are lost; the requests arrive."""
    refused: dict[str, int] = field(default_factory=dict)
    """How many such requests do not arrive, and get status 503."""
    asked: list[str] = field(default_factory=list)
    """The paths of all requests."""

    def count(self, word: str) -> int:
        return sum(word in path for path in self.asked)


@contextmanager
def losing_proxy(upstream: str) -> Iterator[LosingProxy]:
    """Listens on the loopback for as long as the context lasts."""
    proxy = LosingProxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            proxy.asked.append(self.path)
            if _due(proxy.refused, self.path):
                self.send_error(503)
                return
            headers = {"Content-Type": self.headers.get("Content-Type", "application/json")}
            answer = requests.request(
                self.command, f"{proxy.upstream}{self.path}", data=body, headers=headers, timeout=SECONDS
            )
            if _due(proxy.lost, self.path):
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/octet-stream"))
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on  # noqa: N815 - http.server looks for these names

    with listening(Handler) as proxy.url:
        yield proxy


def _due(numbers: dict[str, int], path: str) -> bool:
    """Whether this request is one of those, which are then one fewer."""
    word = next((word for word, left in numbers.items() if word in path and left), None)
    if word is None:
        return False
    numbers[word] -= 1
    return True
