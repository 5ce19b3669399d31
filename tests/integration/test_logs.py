"""Every container of the platform logs JSON lines, by which a request can be found, and in which there is no secret."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox import stack
from tests.integration.cluster import NAMESPACE, SERVER, kubectl, objects, wait_for
from tests.integration.test_secrets_stay_secret import leaked, secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["secrets"]  # a fixture: importing it makes it known here

pytestmark = pytest.mark.usefixtures("platform")

PLATFORM = "app.kubernetes.io/part-of=mlflow-platform"
LEVELS = {"debug", "info", "warning", "error", "critical"}
SEARCH = "/api/2.0/mlflow/experiments/search"
FILE = "/api/2.0/mlflow-artifacts/artifacts/test-logs"
SIGNATURE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def logs() -> dict[str, list[str]]:
    """The lines of every pod of the platform, by its component and name; the finished migration is one of them."""
    found = {}
    for pod in objects("pods", selector=PLATFORM):
        metadata = pod["metadata"]
        text = kubectl("logs", f"--namespace={NAMESPACE}", metadata["name"], "--all-containers")
        found[f"{metadata['labels']['app.kubernetes.io/component']} {metadata['name']}"] = text.splitlines()
    return found


def faults(text: str) -> str:
    """What is wrong with the form of a line."""
    try:
        line = json.loads(text)
    except ValueError:
        return "is not JSON"
    # The gateway's line about a request says what it is by its verdict.
    absent = {"time", "level", "message"} - set(line) - ({"message"} if "verdict" in line else set())
    if absent:
        return f"has no {sorted(absent)}"
    if line["level"] not in LEVELS:
        return f"has the level {line['level']}"
    offset = datetime.fromisoformat(line["time"]).utcoffset()
    return "" if offset == timedelta(0) else f"has the time {line['time']}"


def server_lines() -> list[dict[str, Any]]:
    words = ["logs", f"--namespace={NAMESPACE}", f"--selector={SERVER}", "--tail=-1"]
    return [json.loads(line) for line in kubectl(*words).splitlines()]


def told(request_id: str) -> list[dict[str, Any]]:
    """The lines of the servers about a request, which come soon after the answer."""
    found: list[dict[str, Any]] = []

    def written() -> bool:
        found[:] = [line for line in server_lines() if line.get("request_id") == request_id]
        return any(line["message"] == "request" for line in found)

    wait_for(written, f"the line about request {request_id}", timeout=15)
    return found


def ask(method: str, path: str, request_id: str, **more: Any) -> requests.Response:
    headers = {"X-Request-ID": request_id}
    url = f"https://{stack.HOST}{path}"
    return requests.request(method, url, headers=headers, verify=str(stack.CA_FILE), timeout=30, **more)


def test_every_line_of_every_container_has_the_form() -> None:
    seen = logs()

    wrong = [
        f"{pod}: {fault}: {line[:200]}" for pod, lines in seen.items() for line in lines if (fault := faults(line))
    ]
    assert wrong == []
    components = {pod.partition(" ")[0] for pod, lines in seen.items() if lines}
    assert {"tracking-server", "schema-migration"} <= components


def test_a_request_is_found_by_its_id_which_the_answer_has_too() -> None:
    request_id = uuid.uuid4().hex
    answer = ask("GET", f"{SEARCH}?max_results=1&token={SIGNATURE}", request_id)

    assert answer.headers["X-Request-ID"] == request_id
    (line,) = [line for line in told(request_id) if line["message"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", SEARCH, 200)
    assert line["duration_ms"] > 0


def test_a_request_that_came_without_an_id_has_one_in_the_answer_and_in_the_log() -> None:
    answer = requests.get(f"https://{stack.HOST}/version", verify=str(stack.CA_FILE), timeout=30)

    assert told(answer.headers["X-Request-ID"])[-1]["path"] == "/version"


def test_probes_and_scrapes_that_succeed_are_in_no_log() -> None:
    asked = [line for line in server_lines() if line["message"] == "request"]

    assert [line for line in asked if line["path"] in {"/health", "/metrics"} and line["status"] == 200] == []


def test_no_secret_is_in_any_line(secrets: Mapping[str, str]) -> None:
    request_id = uuid.uuid4().hex
    ask("PUT", f"{FILE}?X-Amz-Signature={SIGNATURE}", request_id, data=b"content")
    told(request_id)
    ask("DELETE", FILE, request_id)

    searched = {**secrets, "a signature in a query": SIGNATURE}
    assert leaked(searched, ((pod, "\n".join(lines)) for pod, lines in logs().items())) == []
