"""The part of MLflow's REST API that the canary speaks to, in this process, with faults to order."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
UPLOAD = f"PUT {ARTIFACTS}"
DOWNLOAD = f"GET {ARTIFACTS}/"
DATABASE = "/api/2.0/mlflow/"


@dataclass(frozen=True)
class Seen:
    """A request."""

    method: str
    path: str
    body: dict[str, Any]
    request_id: str
    accept: str
    connection: int
    """Port of the client."""


@dataclass
class Counterpart:
    """What it knows, and what it was asked."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    experiments: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By run, then by kind (metrics, params, tags), then by key."""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and text by a pattern of `METHOD path`."""
    silent: bool = False
    """Takes requests and says nothing until it is closed."""
    closing: threading.Event = field(default_factory=threading.Event)

    def fail(self, pattern: str, status: int = 500, text: str = "broken") -> None:
        self.faults[pattern] = (status, text)

    def paths(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.seen]

    def answer(self, seen: Seen, query: dict[str, str], content: bytes) -> tuple[int, bytes]:
        for pattern, (status, text) in self.faults.items():
            if re.search(pattern, f"{seen.method} {seen.path}"):
                return status, text.encode()
        if seen.path.startswith(ARTIFACTS):
            return self._artifacts(seen, content)
        call: Callable[[dict[str, Any]], dict[str, Any] | None] = getattr(
            self, "_" + re.sub(r"\W", "_", seen.path.removeprefix("/api/2.0/mlflow/"))
        )
        found = call(seen.body or query)
        return (200, json.dumps(found).encode()) if found is not None else (404, b'{"error_code": "ABSENT"}')

    def _artifacts(self, seen: Seen, content: bytes) -> tuple[int, bytes]:
        path = seen.path.removeprefix(ARTIFACTS)
        if seen.method == "PUT":
            self.files[path] = content
        return (200, self.files[path] if seen.method == "GET" and path else b"{}")

    def _experiments_get_by_name(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        found = [each for each in self.experiments if each["name"] == asked["experiment_name"]]
        return {"experiment": found[0]} if found else None

    def _experiments_create(self, asked: dict[str, Any]) -> dict[str, Any]:
        made = {**asked, "experiment_id": str(len(self.experiments) + 1), "lifecycle_stage": "active"}
        self.experiments.append(made)
        return {"experiment_id": made["experiment_id"]}

    def _experiments_restore(self, asked: dict[str, Any]) -> dict[str, Any]:
        for each in self.experiments:
            if each["experiment_id"] == asked["experiment_id"]:
                each["lifecycle_stage"] = "active"
        return {}

    def _runs_create(self, asked: dict[str, Any]) -> dict[str, Any]:
        run_id = f"run{len(self.runs) + 1}"
        info = {
            "run_id": run_id,
            "experiment_id": asked["experiment_id"],
            "start_time": asked["start_time"],
            "lifecycle_stage": "active",
            "artifact_uri": f"mlflow-artifacts:/{asked['experiment_id']}/{run_id}/artifacts",
        }
        self.runs.append({"info": info})
        self.data[run_id] = {"metrics": {}, "params": {}, "tags": {tag["key"]: tag for tag in asked["tags"]}}
        return {"run": self.runs[-1]}

    def _runs_restore(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._known(asked)["info"]["lifecycle_stage"] = "active"
        return {}

    def _runs_get(self, asked: dict[str, Any]) -> dict[str, Any]:
        kinds = self.data[asked["run_id"]]
        data = {kind: list(by_key.values()) for kind, by_key in kinds.items()}
        return {"run": {"info": self._known(asked)["info"], "data": data}}

    def _runs_log_batch(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        if self._known(asked)["info"]["lifecycle_stage"] == "deleted":
            return None
        for kind, by_key in self.data[asked["run_id"]].items():
            by_key.update({item["key"]: item for item in asked[kind]})
        return {}

    def _runs_update(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"run_info": self._known(asked)["info"]}

    def _runs_search(self, asked: dict[str, Any]) -> dict[str, Any]:
        everything = asked["run_view_type"] == "ALL"
        fitting = [
            run
            for run in self.runs
            if [run["info"]["experiment_id"]] == asked["experiment_ids"]
            and (everything or run["info"]["lifecycle_stage"] == "active")
        ]
        return {"runs": fitting[: asked["max_results"]]} if fitting else {}

    def _known(self, asked: dict[str, Any]) -> dict[str, Any]:
        (run,) = [run for run in self.runs if run["info"]["run_id"] == asked["run_id"]]
        return run


@contextmanager
def counterpart(tls: ssl.SSLContext | None = None) -> Iterator[Counterpart]:
    """Serve on the loopback."""
    state = Counterpart()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two small packets, of which the second would wait 40 ms for the receipt of the first.
        disable_nagle_algorithm = True

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            is_json = (self.headers.get("Content-Type") or "").startswith("application/json")
            seen = Seen(
                method=self.command,
                path=parts.path,
                body=json.loads(content) if is_json and content else {},
                request_id=self.headers.get("X-Request-ID", ""),
                accept=self.headers.get("Accept", ""),
                connection=self.client_address[1],
            )
            state.seen.append(seen)
            if state.silent:
                state.closing.wait()
                return
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            status, body = state.answer(seen, query, content)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{state.url}/login")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - the protocol's names

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
