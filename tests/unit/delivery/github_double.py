"""GitHub's API of issue comments on this machine, as strict as the real one, after its REST documentation."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "ghs_right"  # noqa: S105 - of the double
BOT = "github-actions[bot]"
LIMIT = 65_536
LISTING = re.compile(r"/repos/owner/name/issues/7/comments")
COMMENT = re.compile(r"/repos/owner/name/issues/comments/(\d+)")


@dataclass
class Double:
    """The comments of pull request 7 of owner/name, and what may be done to them."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    may_write: bool = True
    renamed_to: str = ""
    """Where everything is redirected to."""
    broken: bytes = b""
    """What every request is answered with instead, as status 502."""
    calls: list[str] = field(default_factory=list)

    def add(self, body: str | None, author: str | None = BOT) -> dict[str, Any]:
        number = 1000 + len(self.comments)
        page = f"https://github.com/owner/name/pull/7#issuecomment-{number}"
        user = {"login": author} if author else None  # an account that was deleted is null
        made = {"id": number, "body": body, "user": user, "html_url": page}
        self.comments.append(made)
        return made

    def bodies(self, author: str = BOT) -> list[str]:
        return [made["body"] for made in self.comments if (made["user"] or {}).get("login") == author]


class Answer(Exception):  # noqa: N818 - how a request ends
    """Ends a request."""

    def __init__(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.content, self.headers = status, content, headers or {}


def handle(double: Double, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    """What GitHub does with a request."""
    address = urlsplit(target)
    double.calls.append(f"{method} {address.path}")
    refuse_strangers(headers)
    if double.renamed_to:
        return Answer(301, {"message": "Moved Permanently"}, {"Location": f"{double.renamed_to}{target}"})
    if method == "GET" and LISTING.fullmatch(address.path):
        return page(double, parse_qs(address.query))
    if method == "POST" and LISTING.fullmatch(address.path):
        return Answer(201, double.add(writable(double, body)))
    if method == "PATCH" and (match := COMMENT.fullmatch(address.path)):
        for comment in double.comments:
            if comment["id"] == int(match[1]):
                comment["body"] = writable(double, body)
                return Answer(200, comment)
    return Answer(404, {"message": "Not Found"})


def refuse_strangers(headers: dict[str, str]) -> None:
    if not headers.get("user-agent"):
        raise Answer(403, {"message": "Request forbidden by administrative rules."})
    if headers.get("authorization") != f"Bearer {TOKEN}":
        raise Answer(401, {"message": "Bad credentials"})
    if headers.get("accept") != "application/vnd.github+json" or headers.get("x-github-api-version") != "2022-11-28":
        raise Answer(400, {"message": "Unknown version"})


def page(double: Double, query: dict[str, list[str]]) -> Answer:
    size, number = int(query["per_page"][0]), int(query.get("page", ["1"])[0])
    if not 1 <= size <= 100:
        return Answer(422, {"message": "per_page"})
    shown = double.comments[(number - 1) * size : number * size]
    following = f"{double.url}/repos/owner/name/issues/7/comments?per_page={size}&page={number + 1}"
    more = len(double.comments) > number * size
    return Answer(200, shown, {"Link": f'<{following}>; rel="next", <{following}>; rel="last"'} if more else {})


def writable(double: Double, body: bytes) -> str:
    if not double.may_write:
        raise Answer(403, {"message": "Resource not accessible by integration"})
    text = json.loads(body)["body"]
    if not text.strip():
        raise Answer(422, {"message": "Validation Failed", "errors": [{"message": "Body can't be blank"}]})
    if len(text) > LIMIT:
        problem = {"message": f"Body is too long (maximum is {LIMIT} characters)"}
        raise Answer(422, {"message": "Validation Failed", "errors": [problem]})
    return str(text)


@contextmanager
def running() -> Iterator[Double]:
    """A double that listens."""
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = handle(double, self.command, self.path, headers, body)
            except Answer as refused:
                answer = refused
            content = double.broken or json.dumps(answer.content).encode()
            self.send_response(502 if double.broken else answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_request  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of http.server
            """Says nothing."""

    with listening(Handler) as double.url:
        yield double
