"""What pods of the cluster are told of the server."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

import yaml

from tests import guides, runbook
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

SECURE: dict[str, Any] = {"tlsRequired": True, "tlsSecret": "mlflow-tls"}


def test_pods_of_the_namespace_are_told_both_addresses(stack: Recording) -> None:
    made = stack.called("client-environment")

    assert (made.metadata["name"], made.metadata["namespace"]) == ("mlflow-client", "data-platform")
    assert made.inputs["data"] == {
        "MLFLOW_TRACKING_URI": "http://mlflow.data-platform.svc.cluster.local:5000",
        "MLFLOW_PUBLIC_URL": stack.exports["url"],
    }
    assert stack.exports["clientConfigMap"] == "mlflow-client"


def test_every_key_is_the_name_of_an_environment_variable(stack: Recording) -> None:
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", key) for key in stack.called("client-environment").inputs["data"])


def test_it_is_the_address_that_the_stack_hands_out(deployed: Deploy) -> None:
    made = deployed(namespace="elsewhere", host="tracking.example.com", **SECURE)

    assert made.called("client-environment").metadata["namespace"] == "elsewhere"
    assert made.called("client-environment").inputs["data"] == {
        "MLFLOW_TRACKING_URI": made.exports["trackingUri"],
        "MLFLOW_PUBLIC_URL": "https://tracking.example.com",
    }


def test_the_guide_lets_workers_in_from_here_and_from_another_namespace(deployed: Deploy) -> None:
    examples = guides.blocks(runbook.SERVICE_CATALOG, "yaml")
    pod, peers = map(yaml.safe_load, examples)
    made = deployed(clientPeers=peers[f"{PROJECT}:clientPeers"])

    policy = made.called("mlflow-server-edges")
    let_in = list(chain.from_iterable(rule["from"] for rule in policy.spec["ingress"]))
    worker = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "dolphinscheduler-worker"}}}
    elsewhere = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "dolphinscheduler"}}}
    assert policy.metadata["name"] == "mlflow-server-edges"
    assert {"podSelector": {"matchLabels": pod["metadata"]["labels"]}} in let_in
    assert worker in let_in
    assert worker | elsewhere in let_in
    assert pod["spec"]["containers"][0]["envFrom"] == [{"configMapRef": {"name": made.exports["clientConfigMap"]}}]
