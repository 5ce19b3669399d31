"""The audit trail: one JSON line a request, with who and what and the verdict, and never a token or a query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.access_gateway.envoy.assertion import CLAIMS, JWT_FILTER
from components.access_gateway.envoy.settings import extension

if TYPE_CHECKING:
    from components.access_gateway.envoy.settings import Message


def access_log() -> list[Message]:
    """Describe two logs on standard output, of which each request is in one."""
    # The last filter notes the first verdict, and nobody the second: it is what holds without a note.
    return [_log("allowed", "info", unless_noted=False), _log("refused", "warning", unless_noted=True)]


def _log(verdict: str, level: str, *, unless_noted: bool) -> Message:
    # Claims of a verified assertion only: what an invalid one says about itself is nobody's name.
    claim = f"%DYNAMIC_METADATA({JWT_FILTER}:{CLAIMS}:{{}})%"
    line = {
        "time": "%START_TIME%",
        "level": level,
        "request_id": "%REQ(X-REQUEST-ID)%",
        "method": "%REQ(:METHOD)%",
        "host": "%REQ(:AUTHORITY)%",
        "path": "%PATH(NQ)%",
        "status": "%RESPONSE_CODE%",
        "verdict": verdict,
        "reason": "%RESPONSE_CODE_DETAILS%",
        "route": "%ROUTE_NAME%",
        # A person has the one, a machine the other.
        "who": claim.format("email") + claim.format("common_name"),
        "client": "%REQ(CF-CONNECTING-IP)%",
        "peer": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        "duration_ms": "%DURATION%",
        "upstream": "%UPSTREAM_HOST%",
    }
    log = extension(
        "envoy.access_loggers.stdout",
        "extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": line, "omit_empty_values": True},
    )
    noted = {"filter": "gateway", "path": [{"key": "verdict"}], "value": {"string_match": {"exact": verdict}}}
    return {**log, "filter": {"metadata_filter": {"matcher": noted, "match_if_key_not_found": unless_noted}}}
