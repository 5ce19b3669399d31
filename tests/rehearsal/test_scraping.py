"""What the monitors name, as a pod in Prometheus's place finds it, and as no other pod does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cluster import SERVER, kubectl, objects, throw_away_pod
from tests.rehearsal.audit import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMETHEUS = "monitoring"
"""Namespace; the only one in `metricsPeers`."""
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
SERIES = {
    "mlflow": "mlflow_http_request_total{",
    "mlflow-gateway": 'envoy_cluster_upstream_rq_total{envoy_cluster_name="mlflow"}',
}
"""By the monitor's name."""
PODS = {"mlflow": SERVER, "mlflow-gateway": GATEWAY}


@pytest.fixture(scope="module")
def image() -> str:
    """One that has Python and is on the node."""
    found: str = objects("deployments", selector=SERVER)[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


@pytest.fixture(scope="module")
def prometheus() -> Iterator[str]:
    """The namespace where Prometheus would be."""
    kubectl("create", "namespace", PROMETHEUS)
    yield PROMETHEUS
    kubectl("delete", "namespace", PROMETHEUS, "--wait=false")


def monitors() -> dict[str, dict[str, Any]]:
    """The one endpoint that each monitor names, with the monitor's own selector."""
    found = json.loads(kubectl("get", "servicemonitors,podmonitors", "--namespace=data-platform", "--output=json"))
    return {
        each["metadata"]["name"]: {
            **(each["spec"].get("endpoints") or each["spec"]["podMetricsEndpoints"])[0],
            "selector": each["spec"]["selector"]["matchLabels"],
        }
        for each in found["items"]
    }


def addresses(monitor: str) -> list[str]:
    """Where Prometheus would ask, one address a pod."""
    endpoint = monitors()[monitor]
    selector = ",".join(f"{name}={value}" for name, value in endpoint["selector"].items())
    pods = [pod for pod in objects("pods", selector=selector) if "deletionTimestamp" not in pod["metadata"]]
    assert {pod["metadata"]["name"] for pod in pods} <= {
        pod["metadata"]["name"] for pod in objects("pods", selector=PODS[monitor])
    }
    (port,) = {
        port["containerPort"] for port in pods[0]["spec"]["containers"][0]["ports"] if port["name"] == endpoint["port"]
    }
    return [f"http://{pod['status']['podIP']}:{port}{endpoint['path']}" for pod in pods]


def test_there_is_a_monitor_for_the_server_and_one_for_the_gateways() -> None:
    assert monitors().keys() == SERIES.keys()


@pytest.mark.parametrize("monitor", SERIES)
def test_prometheus_gets_the_numbers_of_each_pod_and_nobody_else_does(
    monitor: str, prometheus: str, image: str
) -> None:
    where = addresses(monitor)
    assert len(where) == 2
    with throw_away_pod(image, namespace=prometheus) as run:
        for address in where:
            answer = run(["python3", "-c", ASK, address])
            assert SERIES[monitor] in answer.stdout, answer.stderr
    with throw_away_pod(image) as run:
        refused = run(["python3", "-c", ASK, where[0]])
        assert "timed out" in refused.stderr or "refused" in refused.stderr, refused.stdout
