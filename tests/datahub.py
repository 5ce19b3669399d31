"""A strict double of DataHub's metadata service (GMS): it takes what the real one takes, and nothing else.

It answers the requests that the ingestion makes, by the rest.li interface of DataHub 1.x (`metadata-service` of
datahub-project/datahub, "aspects" resource): its configuration, batches and single proposals, and the checkpoints that
stateful ingestion reads back. Aspects are kept by entity, as they are after the last proposal.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "token-of-the-catalogue"  # noqa: S105 - of the double
ASPECTS = {
    "container": {"containerProperties", "dataPlatformInstance", "subTypes", "browsePathsV2", "status"},
    "dataProcessInstance": {
        "container", "dataPlatformInstance", "dataProcessInstanceInput", "dataProcessInstanceOutput",
        "dataProcessInstanceProperties", "dataProcessInstanceRunEvent", "mlTrainingRunProperties", "status", "subTypes",
    },
    "dataset": {"dataPlatformInstance", "datasetProperties", "schemaMetadata", "status", "upstreamLineage"},
    "dataJob": {"datahubIngestionCheckpoint", "status"},
    "mlModel": {"globalTags", "mlModelProperties", "status", "versionProperties"},
    "mlModelGroup": {"mlModelGroupProperties", "status"},
    "platformResource": {"platformResourceInfo", "status"},
    "tag": {"status", "tagProperties"},
}  # fmt: skip
"""What the registry of entities lets each type have, as far as the ingestion sends it."""
_URN = re.compile(r"urn:li:([a-zA-Z]+):.+")
_CHECKPOINT = "datahubIngestionCheckpoint"
_TIMES = {"datahubIngestionCheckpoint", "dataProcessInstanceRunEvent"}
"""Aspects of which each is kept."""
CONFIG = {
    "noCode": "true",
    "statefulIngestionCapable": True,
    "supportsImpactAnalysis": True,
    "patchCapable": True,
    "models": {},
    "versions": {"acryldata/datahub": {"version": "v1.4.0", "commit": "0"}},
    "managedIngestion": {"enabled": True, "defaultCliVersion": "1.4.0"},
    "datahub": {"serverType": "prod", "serverEnv": "core"},
    "telemetry": {"enabledCli": False, "enabledIngestion": False},
}


class RefusedError(Exception):
    """What is sent is not what DataHub takes."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class DataHub:
    """What it has been told, and how it behaves."""

    url: str = ""
    token: str = TOKEN
    open_config: bool = True
    """A real one tells its configuration to everybody, unless somebody has put a gate in front of it."""
    may_write: bool = True
    answers_until: int | None = None
    """So many proposals it takes before it is away; None: it never is."""
    aspects: dict[str, dict[str, Any]] = field(default_factory=dict)
    checkpoints: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Each is a mistake of whoever sent it, or what a test has asked for."""
    taken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def there(self) -> set[str]:
        """Entities that people see."""
        own = {urn: kept for urn, kept in self.aspects.items() if not urn.startswith("urn:li:dataJob:")}
        return {urn for urn, kept in own.items() if not kept.get("status", {}).get("removed")}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Answer one request.

        Raises:
            RefusedError: It is not as it has to be.
        """
        if path == "/config" and method == "GET" and self.open_config:
            return CONFIG
        if headers.get("authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "Unauthorized to perform this action.")
        if path == "/config" and method == "GET":
            return CONFIG
        actions = {
            "ingestProposalBatch": lambda sent: self._take(sent, {"proposals", "async"}, sent.get("proposals")),
            "ingestProposal": lambda sent: self._take(sent, {"proposal", "async"}, [sent.get("proposal")]),
            "getTimeseriesAspectValues": self._checkpoint,
        }
        split = urlsplit(path)
        (action,) = parse_qs(split.query).get("action", [""])
        if method != "POST" or split.path != "/aspects" or action not in actions:
            raise RefusedError(404, f"no such resource: {method} {path}")
        if headers.get("content-type") != "application/json" or "x-restli-protocol-version" not in headers:
            raise RefusedError(400, "not a request of rest.li in JSON")
        return actions[action](json.loads(body))

    def _take(self, sent: dict[str, Any], names: set[str], proposals: Any) -> Any:
        if set(sent) != names or sent["async"] not in {"true", "false"} or not isinstance(proposals, list):
            raise RefusedError(400, f"fields {sorted(sent)} instead of {sorted(names)}")
        if not self.may_write:
            raise RefusedError(403, "User is unauthorized to modify entities")
        checked = [_checked(proposal) for proposal in proposals]
        with self.lock:
            if self.answers_until is not None and self.taken + len(checked) > self.answers_until:
                raise RefusedError(503, "Service Unavailable")
            self.taken += len(checked)
            for urn, name, value in checked:
                if name == _CHECKPOINT:
                    self.checkpoints.append((urn, value))
                self.aspects.setdefault(urn, {})[name] = value
        return {"value": checked[0][0] if checked else ""}

    def _checkpoint(self, sent: dict[str, Any]) -> Any:
        if sent.get("entity") != "dataJob" or sent.get("aspect") != _CHECKPOINT:
            raise RefusedError(400, "no time series is asked for but the checkpoints")
        found = [value for urn, value in self.checkpoints if urn == sent["urn"]][-1:]
        aspects = [{"aspect": {"value": json.dumps(value), "contentType": "application/json"}} for value in found]
        return {"value": {"values": aspects, "entityName": "dataJob", "aspectName": _CHECKPOINT}}


def _checked(proposal: Any) -> tuple[str, str, Any]:
    """Take a proposal apart: entity, name of the aspect, and the aspect."""
    if not isinstance(proposal, dict):
        raise RefusedError(400, "a proposal is a record")
    urn, name, kind = (proposal.get(key) for key in ("entityUrn", "aspectName", "entityType"))
    found = _URN.fullmatch(str(urn))
    if not found or found[1] != kind:
        raise RefusedError(400, f"{urn} is not the URN of a {kind}")
    if name not in ASPECTS.get(str(kind), set()):
        raise RefusedError(422, f"Unknown aspect {name} for entity {kind}")
    if proposal.get("changeType") != "UPSERT":
        raise RefusedError(422, f"change type {proposal.get('changeType')} of {name}")
    aspect = proposal.get("aspect")
    if not isinstance(aspect, dict) or aspect.get("contentType") != "application/json":
        raise RefusedError(400, f"{name} is not in JSON")
    value = json.loads(aspect["value"])
    if name in _TIMES and "timestampMillis" not in value:
        raise RefusedError(422, f"{name} is without a time")
    return str(urn), str(name), value


@contextmanager
def serving(datahub: DataHub, port: int = 0, address: str = "127.0.0.1") -> Iterator[DataHub]:
    """Have it answer at an address of this machine for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, answer = 200, datahub.answer(self.command, self.path, headers, body)
            except RefusedError as error:
                status = error.status
                answer = {"status": status, "message": str(error), "exceptionClass": "com.linkedin.restli.Refused"}
                datahub.refusals.append(str(error))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with listening(Handler, port, address) as datahub.url:
        yield datahub
