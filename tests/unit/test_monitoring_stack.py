"""The monitoring stack's manifests, and when it counts as ready."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from sandbox.images.monitoring import VERSIONS
from sandbox.monitoring_stack import ALERTMANAGER_ADDRESS, NAMESPACE, PROMETHEUS_ADDRESS, RELEASE, MonitoringStack
from sandbox.parts import alert_receiver

IMAGES = {name: f"mlflow-platform.local/{name}:{version}-0123" for name, version in VERSIONS.items()}


class Kubectl:
    """Keeps what it was called with, and answers with the workloads that it is given."""

    def __init__(self, *workloads: dict[str, Any]) -> None:
        self.workloads = workloads
        self.calls: list[tuple[str, ...]] = []
        self.stdin: list[str | None] = []

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        self.calls.append(words)
        self.stdin.append(stdin)
        return json.dumps({"items": self.workloads})


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(MonitoringStack(Kubectl(), IMAGES).manifests()))


def one(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def of_kind(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in objects if each["kind"] == kind]


def workload(name: str, *, generation: int = 1, **status: int) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": generation},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 1, "updatedReplicas": 1, "readyReplicas": 1, **status},
    }


def test_the_namespace_comes_first_and_admits_restricted_pods_only(objects: list[dict[str, Any]]) -> None:
    first = objects[0]
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", NAMESPACE)
    assert first["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {each["metadata"].get("namespace", NAMESPACE) for each in objects} == {NAMESPACE}


def test_every_image_is_one_that_the_node_has(objects: list[dict[str, Any]]) -> None:
    servers = [one(objects, kind, f"{RELEASE}-{kind.lower()}")["spec"] for kind in ("Prometheus", "Alertmanager")]
    pods = [each["spec"]["template"]["spec"]["containers"][0] for each in of_kind(objects, "Deployment")]
    assert {each["imagePullPolicy"] for each in (*servers, *pods)} == {"Never"}
    reloader = f"--prometheus-config-reloader={IMAGES['prometheus-config-reloader']}"
    (operator,) = [pod for pod in pods if pod["name"] == "prometheus-operator"]
    assert reloader in operator["args"]
    used = {each["image"] for each in (*servers, *pods)}
    assert used | {IMAGES["prometheus-config-reloader"]} == set(IMAGES.values())
    assert [each["version"] for each in servers] == [VERSIONS["prometheus"], VERSIONS["alertmanager"]]


def test_the_pods_satisfy_the_restricted_standard(objects: list[dict[str, Any]]) -> None:
    for deployment in of_kind(objects, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for kind in ("Prometheus", "Alertmanager"):
        security = one(objects, kind, f"{RELEASE}-{kind.lower()}")["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}


def test_prometheus_takes_what_has_the_label_of_the_release_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    spec = one(objects, "Prometheus", f"{RELEASE}-prometheus")["spec"]
    for subject in ("serviceMonitor", "podMonitor", "rule"):
        assert spec[f"{subject}NamespaceSelector"] == {}
        assert spec[f"{subject}Selector"] == {"matchLabels": {"release": RELEASE}}
    assert [each["metadata"]["labels"] for each in of_kind(objects, "ServiceMonitor")] == [{"release": RELEASE}] * 2


def test_the_kubelet_is_asked_for_its_own_metrics_and_for_cadvisor_s(objects: list[dict[str, Any]]) -> None:
    endpoints = one(objects, "ServiceMonitor", "kubelet")["spec"]["endpoints"]
    assert [each.get("path", "/metrics") for each in endpoints] == ["/metrics", "/metrics/cadvisor"]
    assert not any("insecureSkipVerify" in each["tlsConfig"] for each in endpoints)
    assert {each["relabelings"][0]["targetLabel"] for each in endpoints} == {"metrics_path"}


def test_kube_state_metrics_may_read_what_it_is_told_to_watch_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    pod = one(objects, "Deployment", "kube-state-metrics")["spec"]["template"]["spec"]
    ((option, _, watched),) = [argument.partition("=") for argument in pod["containers"][0]["args"]]
    assert option == "--resources"
    rules = one(objects, "ClusterRole", "kube-state-metrics")["rules"]
    assert sorted(watched.split(",")) == sorted(resource for rule in rules for resource in rule["resources"])


def test_alerts_go_to_the_receiver_of_the_tests_and_so_do_their_ends(objects: list[dict[str, Any]]) -> None:
    secret = one(objects, "Secret", f"alertmanager-{RELEASE}-alertmanager")
    config = yaml.safe_load(secret["stringData"]["alertmanager.yaml"])
    (receiver,) = config["receivers"]
    assert receiver["name"] == config["route"]["receiver"]
    assert receiver["webhook_configs"] == [{"url": alert_receiver.URL, "send_resolved": True}]


def test_both_servers_have_an_address_that_is_known_beforehand(objects: list[dict[str, Any]]) -> None:
    for kind, address in (("prometheus", PROMETHEUS_ADDRESS), ("alertmanager", ALERTMANAGER_ADDRESS)):
        assert one(objects, "Service", f"{RELEASE}-{kind}")["spec"]["clusterIP"] == address


def test_everything_is_applied_at_once(objects: list[dict[str, Any]]) -> None:
    kubectl = Kubectl()
    MonitoringStack(kubectl, IMAGES).apply()
    assert [words[0] for words in kubectl.calls] == ["apply"]
    assert list(yaml.safe_load_all(kubectl.stdin[0] or "")) == objects


def test_an_image_that_was_not_built_is_named() -> None:
    with pytest.raises(KeyError, match="prometheus_image"):
        MonitoringStack(Kubectl(), {name: IMAGES[name] for name in IMAGES if name != "prometheus"}).manifests()


def test_what_is_not_rolled_out_yet_is_not_ready() -> None:
    half_way = [
        workload("of-another-generation", generation=2),
        workload("not-ready", readyReplicas=0),
        workload("not-updated", updatedReplicas=0),
        {"metadata": {"name": "not-seen-yet", "generation": 1}, "spec": {"replicas": 1}, "status": {}},
    ]
    assert MonitoringStack(Kubectl(*half_way, workload("there")), IMAGES)._ready() == {"there"}
