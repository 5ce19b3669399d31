"""What a real Prometheus gets of production, and what no other pod gets."""

from __future__ import annotations

import pytest

from tests.integration.cluster import SERVER, objects, throw_away_pod, wait_for
from tests.rehearsal.prometheus import rules, series, targets
from tests.runbook import anchors

ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"
PODS = {"mlflow": 2, "mlflow-gateway": 2, "mlflow-canary": 1, "mlflow-exporter": 1}
"""By job."""
SERIES = (
    'mlflow_http_request_total{job="mlflow"}',
    'envoy_cluster_upstream_rq_total{job="mlflow-gateway", envoy_cluster_name="mlflow"}',
    'mlflow_canary_steps_total{job="mlflow-canary", outcome="success", step="artifact_download"} > 0',
    'mlflow_experiments{job="mlflow-exporter", lifecycle_stage="active"} > 0',
    'mlflow_bucket_objects{job="mlflow-exporter"}',
    'kube_deployment_status_replicas_available{namespace="data-platform", deployment="mlflow"}',
    'container_memory_working_set_bytes{namespace="data-platform", container="mlflow"}',
)


def is_up(job: str) -> bool:
    return [target["health"] for target in targets().get(job, [])] == ["up"] * PODS[job]


@pytest.mark.parametrize("job", PODS)
def test_every_pod_is_scraped_and_nobody_else_gets_at_its_numbers(job: str) -> None:
    wait_for(lambda: is_up(job), f"Prometheus to scrape every pod of {job}")
    (node,) = objects("nodes", namespace="")
    found = targets()[job]
    assert {target["labels"]["node"] for target in found} == {node["metadata"]["name"]}
    assert {target["labels"]["namespace"] for target in found} == {"data-platform"}

    image = objects("deployments", selector=SERVER)[0]["spec"]["template"]["spec"]["containers"][0]["image"]
    with throw_away_pod(image) as run:
        refused = run(["python3", "-c", ASK, found[0]["scrapeUrl"]])
        assert "timed out" in refused.stderr or "refused" in refused.stderr, refused.stdout


@pytest.mark.parametrize("query", SERIES)
def test_what_the_rules_rest_on_is_there(query: str) -> None:
    wait_for(lambda: bool(series(query)), f"a result of {query}")


def test_every_rule_is_loaded_and_can_be_evaluated() -> None:
    wait_for(lambda: all(rule["health"] == "ok" for rule in rules()) and bool(rules()), "the rules to be evaluated")

    assert {rule["name"] for rule in rules() if rule["type"] == "alerting"} >= {"MLFlowPodDown", "MLFlowDatabaseError"}


def test_the_runbook_has_every_alert_that_prometheus_knows() -> None:
    links = {rule["annotations"]["runbook_url"] for rule in rules() if rule["type"] == "alerting"}

    assert links
    assert {link.rpartition("#")[2] for link in links} <= anchors()
