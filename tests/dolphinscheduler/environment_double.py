"""DolphinScheduler's API for environments, as strict as the real one, of an old and of a new generation.

From `EnvironmentController` and `EnvironmentServiceImpl`: parameters are of the form or the query, a missing one is
status 400, a wrong token is 401, and what is refused is status 200 with a code. An update takes away the worker groups
that it does not name.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "an-administrators-token"  # noqa: S105 - the double's own
USER_TOKEN = "another-users-token"  # noqa: S105
PREFIX = "/dolphinscheduler/environment/"
OLD, NEW = "3.1", "3.3"
REQUIRED = {
    ("GET", "list-paging"): ("pageSize", "pageNo"),
    ("POST", "create"): ("name", "config"),
    ("POST", "update"): ("code", "name", "config"),
}
CHANGING = ("create", "update")


@dataclass
class Scheduler:
    """What it keeps, and what it was asked."""

    generation: str
    url: str = ""
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faster: str = ""
    """The name of an environment that somebody else creates when it is first looked for."""

    def add(self, name: str, config: str, description: str = "", groups: tuple[str, ...] = ()) -> int:
        code = 14_000_000_000_000 + len(self.environments)
        self.environments[name] = {
            "id": len(self.environments) + 1,
            "code": code,
            "name": name,
            "config": config,
            "description": description,
            "workerGroups": list(groups),
        }
        return code

    def list_paging(self, values: dict[str, str]) -> tuple[int, str, Any]:
        size, number = int(values["pageSize"]), int(values["pageNo"])
        found = [each for each in self.environments.values() if values.get("searchVal", "") in each["name"]]
        page = found[size * (number - 1) : size * number]
        if self.faster:
            self.add(self.faster, "export THEIRS=1")
            self.faster = ""
        pages = -(-len(found) // size)
        return 0, "success", {"totalList": page, "total": len(found), "totalPage": pages, "currentPage": number}

    def create(self, values: dict[str, str]) -> tuple[int, str, Any]:
        if not values["config"]:
            return 120004, "this environment config shouldn't be empty.", None
        if values["name"] in self.environments:
            return 120002, f"this environment name [{values['name']}] already exists", None
        code = self.add(values["name"], values["config"], values.get("description", ""), _groups(values))
        return 0, "success", code if self.generation == NEW else None

    def update(self, values: dict[str, str]) -> tuple[int, str, Any]:
        if not values["config"]:
            return 120004, "this environment config shouldn't be empty.", None
        found = next((each for each in self.environments.values() if str(each["code"]) == values["code"]), None)
        if found is None:
            return 1200009, f"not found environment code [{values['code']}] ", None
        found |= {
            "config": values["config"],
            "description": values.get("description"),
            "workerGroups": [*_groups(values)],
        }
        return 0, "success", found if self.generation == NEW else None


def _groups(values: dict[str, str]) -> tuple[str, ...]:
    return tuple(json.loads(values.get("workerGroups") or "[]"))


@contextmanager
def scheduler(generation: str) -> Iterator[Scheduler]:
    """Listens on the loopback for as long as the context lasts."""
    kept = Scheduler(generation)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            parts = urlsplit(self.path)
            action = parts.path.removeprefix(PREFIX)
            given = parse_qs(f"{parts.query}&{body}", keep_blank_values=True)
            values = {name: texts[0] for name, texts in given.items()}
            kept.asked.append(action)
            token = self.headers.get("token")
            if token not in (TOKEN, USER_TOKEN):
                self.reply(401)
            elif (self.command, action) not in REQUIRED or not parts.path.startswith(PREFIX):
                self.reply(404, {"status": 404, "error": "Not Found"})
            elif not values.keys() >= set(REQUIRED[self.command, action]):
                self.reply(400, {"status": 400, "error": "Bad Request"})
            elif token == USER_TOKEN and action in CHANGING:
                self.reply(200, {"code": 30001, "msg": "user has no operation privilege", "data": None})
            else:
                code, message, data = getattr(kept, action.replace("-", "_"))(values)
                status = 201 if action == "create" else 200
                self.reply(
                    status, {"code": code, "msg": message, "data": data, "success": not code, "failed": bool(code)}
                )

        def reply(self, status: int, content: object = None) -> None:
            text = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815 - http.server looks for these names

    with listening(Handler) as address:
        kept.url = f"{address}/dolphinscheduler"
        yield kept
