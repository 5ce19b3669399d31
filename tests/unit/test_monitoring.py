from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

NODE = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}


def endpoint(monitor: Registration) -> dict[str, Any]:
    (only,) = monitor.spec.get("endpoints") or monitor.spec["podMetricsEndpoints"]
    known: dict[str, Any] = only
    return known


def test_the_service_monitor_has_the_agreed_name_place_path_and_interval(prod: Recording) -> None:
    monitor = prod.one(":ServiceMonitor")

    assert (monitor.metadata["name"], monitor.metadata["namespace"]) == ("mlflow", "data-platform")
    assert endpoint(monitor) == {
        "port": "http",
        "path": "/metrics",
        "interval": "30s",
        "scrapeTimeout": "10s",
        "relabelings": [NODE],
    }


def test_the_service_monitor_selects_the_servers_service_and_no_other(prod: Recording) -> None:
    wanted = prod.one(":ServiceMonitor").spec["selector"]["matchLabels"].items()
    services = prod.of_type("core/v1:Service")

    assert [each.metadata["name"] for each in services if wanted <= each.metadata["labels"].items()] == ["mlflow"]


@pytest.mark.parametrize(("job", "path"), [("mlflow-gateway", "/stats/prometheus"), ("mlflow-tunnel", "/metrics")])
def test_pods_without_a_service_at_their_port_are_scraped_by_a_monitor_of_their_own(
    tunnelled: Recording, job: str, path: str
) -> None:
    (monitor,) = [each for each in tunnelled.of_type(":PodMonitor") if each.metadata["name"] == job]
    (deployment,) = [each for each in tunnelled.of_type("apps/v1:Deployment") if each.metadata["name"] == job]
    template = deployment.spec["template"]
    (container,) = template["spec"]["containers"]

    assert endpoint(monitor)["path"] == path
    assert endpoint(monitor)["port"] in {port["name"] for port in container["ports"]}
    assert {"targetLabel": "job", "replacement": job} in endpoint(monitor)["relabelings"]
    assert NODE in endpoint(monitor)["relabelings"]
    assert monitor.spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_each_monitor_selects_the_pods_of_one_workload(tunnelled: Recording) -> None:
    labels = [each.spec["template"]["metadata"]["labels"].items() for each in tunnelled.of_type("apps/v1:Deployment")]
    for monitor in [*tunnelled.of_type(":PodMonitor"), *tunnelled.of_type(":ServiceMonitor")]:
        wanted = monitor.spec["selector"]["matchLabels"].items()
        assert len([each for each in labels if wanted <= each]) == 1


def test_prometheus_finds_the_monitors_by_its_own_labels(prod: Recording) -> None:
    monitors = [*prod.of_type(":ServiceMonitor"), *prod.of_type(":PodMonitor")]

    assert {each.metadata["name"] for each in monitors} == {
        "mlflow",
        "mlflow-gateway",
        "mlflow-canary",
        "mlflow-exporter",
    }
    assert {each.metadata["labels"]["release"] for each in monitors} == {"kube-prometheus-stack"}


def test_the_recommended_labels_cannot_be_taken_away(deployed: Deploy) -> None:
    made = deployed("prod", monitoringLabels={"app.kubernetes.io/name": "another"})

    assert made.one(":ServiceMonitor").metadata["labels"]["app.kubernetes.io/name"] == "mlflow"


def test_a_scrape_never_takes_longer_than_the_interval(deployed: Deploy) -> None:
    made = deployed("prod", scrapeInterval=5)

    assert endpoint(made.one(":ServiceMonitor"))["interval"] == "5s"
    assert endpoint(made.one(":ServiceMonitor"))["scrapeTimeout"] == "5s"


def test_nothing_of_it_is_made_unless_it_is_wanted(dev: Recording) -> None:
    assert [each.name for each in dev if "Monitor" in each.type] == []
