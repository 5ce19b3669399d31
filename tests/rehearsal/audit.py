"""The gateway in the cluster, as its logs and its numbers show it."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox import rehearsal
from tests.integration.cluster import kubectl, objects, wait_for

GATEWAY = "app.kubernetes.io/component=access-gateway"
_METRICS_PORT = 9901


def audit_log() -> list[dict[str, Any]]:
    """Every line that the gateways wrote about a request."""
    words = ("logs", f"--namespace={rehearsal.NAMESPACE}", f"--selector={GATEWAY}", "--tail=-1")
    lines = [json.loads(line) for line in kubectl(*words).splitlines() if line.startswith("{")]
    return [line for line in lines if "verdict" in line]


def audited(request_id: str) -> dict[str, Any]:
    """The one line about a request; Envoy writes it with a delay. What was no request at all has no number."""
    found: list[dict[str, Any]] = []

    def written() -> bool:
        found[:] = [line for line in audit_log() if line.get("request_id") == request_id]
        return bool(found)

    wait_for(written, f"the audit log's line about request {request_id}", timeout=15)
    (line,) = found
    return line


def gateway_pods() -> list[str]:
    """The names of the gateways that are not on their way out."""
    pods = objects("pods", selector=GATEWAY)
    return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def knows_keys(pod: str) -> bool:
    """Whether a gateway's last attempt to fetch the signing keys succeeded."""
    path = f"/api/v1/namespaces/{rehearsal.NAMESPACE}/pods/{pod}:{_METRICS_PORT}/proxy/stats/prometheus"
    healthy = r'^envoy_cluster_membership_healthy\{envoy_cluster_name="signing_keys"\} (\d+)'
    (value,) = re.findall(healthy, kubectl("get", "--raw", path), re.MULTILINE)
    return bool(value == "1")
