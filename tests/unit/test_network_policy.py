from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from components.mlflow_server import PublicPeers
from stacks.platform import deploy
from stacks.settings import load_settings
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

DATABASE = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data-platform"}},
    "podSelector": {"matchLabels": {"app": "postgres-shared"}},
}
CLIENTS_AND_PROMETHEUS = [
    {"podSelector": {"matchLabels": {"mlflow-platform.io/client": "true"}}},
    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
]
INGRESS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "ingress-nginx"}},
}
GATEWAY = {
    "podSelector": {
        "matchLabels": {
            "app": "mlflow",
            "app.kubernetes.io/name": "mlflow",
            "app.kubernetes.io/instance": "gateway",
            "app.kubernetes.io/component": "access-gateway",
        }
    }
}
CANARY = {
    "podSelector": {
        "matchLabels": {
            "app": "mlflow",
            "app.kubernetes.io/name": "mlflow",
            "app.kubernetes.io/instance": "canary",
            "app.kubernetes.io/component": "canary",
        }
    }
}
PUBLIC = {"dev": ("ingress", INGRESS), "prod": ("gateway", GATEWAY), "tunnelled": ("gateway", GATEWAY)}
"""Who brings the requests from outside: the word in the policy's name, and the peer."""


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def policies_of_the_server(recording: Recording) -> list[Registration]:
    """Those that say who reaches the server's pods: what any of them allows is allowed."""
    labels = recording.called("mlflow-deployment").spec["template"]["metadata"]["labels"]
    policies = recording.of_type("networking.k8s.io/v1:NetworkPolicy")
    selectors = {policy.name: policy.spec["podSelector"].get("matchLabels", {}) for policy in policies}
    return [
        policy for policy in policies if selectors[policy.name] and selectors[policy.name].items() <= labels.items()
    ]


@pytest.mark.parametrize("mode", PUBLIC)
def test_the_server_is_reached_by_who_brings_public_requests_clients_and_prometheus_only(
    request: pytest.FixtureRequest, mode: str
) -> None:
    recording: Recording = request.getfixturevalue(mode)
    rules = [rule for policy in policies_of_the_server(recording) for rule in policy.spec.get("ingress", [])]
    peers = [peer for rule in rules for peer in rule["from"]]

    assert [ports(rule) for rule in rules] == [[5000]] * len(rules)
    expected = [PUBLIC[mode][1], *CLIENTS_AND_PROMETHEUS, *([] if mode == "dev" else [CANARY])]
    assert len(peers) == len(expected)
    assert all(peer in peers for peer in expected)


@pytest.mark.parametrize("mode", PUBLIC)
def test_who_brings_public_requests_is_let_in_by_a_policy_of_that_name(
    request: pytest.FixtureRequest, mode: str
) -> None:
    recording: Recording = request.getfixturevalue(mode)
    name, peer = PUBLIC[mode]
    policy = recording.called(f"mlflow-from-{name}")
    (rule,) = policy.spec["ingress"]

    assert policy.metadata["name"] == policy.name
    assert policy.spec["policyTypes"] == ["Ingress"]
    assert rule["from"] == [peer]


def test_turning_single_sign_on_on_or_off_makes_another_policy_and_changes_none_that_lets_the_former_in(
    deployed: Deploy, prod: Recording
) -> None:
    without = deployed("prod", access=False, accessEmailDomains=[], accessClients=[])
    before, after = ({policy.urn: policy for policy in policies_of_the_server(each)} for each in (without, prod))

    assert {before[urn].name for urn in before.keys() - after.keys()} == {"mlflow-from-ingress"}
    assert {after[urn].name for urn in after.keys() - before.keys()} == {"mlflow-from-gateway"}
    assert [urn for urn in before.keys() & after.keys() if before[urn].spec != after[urn].spec] == []


def test_the_server_waits_for_every_policy_of_its_pods(stack: Recording) -> None:
    policies = {policy.urn for policy in policies_of_the_server(stack)}

    assert len(policies) == 2
    assert policies <= stack.called("mlflow-deployment").dependencies


def test_without_anybody_who_brings_public_requests_the_server_stays_closed_to_them(tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("dev", tmp_path))
    nobody = replace(settings.access, public_peers=PublicPeers(name="nobody", peers=()))
    recording = engine.run(lambda: deploy(replace(settings, access=nobody)))
    policy = recording.called("mlflow-from-nobody").spec

    assert policy["policyTypes"] == ["Ingress"]
    assert "ingress" not in policy


def test_the_server_reaches_dns_the_database_and_the_bucket_only(stack: Recording) -> None:
    rules = stack.called("mlflow-server-edges").spec["egress"]

    assert [ports(rule) for rule in rules] == [[53, 53], [5432], [9000]]
    assert rules[1]["to"] == [DATABASE]


def test_the_migration_reaches_dns_and_the_database_and_is_reached_by_nobody(stack: Recording) -> None:
    policy = stack.called("mlflow-migration-edges").spec

    assert [ports(rule) for rule in policy["egress"]] == [[53, 53], [5432]]
    assert "Ingress" in policy["policyTypes"]
    assert "ingress" not in policy


def test_a_client_in_a_namespace_that_denies_by_default_may_go_to_the_server(dev: Recording) -> None:
    policy = dev.called("mlflow-client-edges-1").spec
    dns, server = policy["egress"]

    assert policy["podSelector"] == {"matchLabels": {"mlflow-platform.io/client": "true"}}
    assert policy["policyTypes"] == ["Egress"]
    assert (ports(dns), ports(server)) == ([53, 53], [5000])
    assert server["to"] == [{"podSelector": dev.called("mlflow-server-edges").spec["podSelector"]}]


def test_clients_of_another_namespace_are_let_in_and_not_confined(deployed: Deploy) -> None:
    made = deployed(clientPeers=[{"namespace": "team-a", "podLabels": {"app": "worker"}}])

    assert "team-a" in str(made.called("mlflow-server-edges").spec["ingress"])
    assert not [resource.name for resource in made if "client-edges" in resource.name]


def test_clients_in_a_namespace_of_somebody_else_are_not_confined(deployed: Deploy) -> None:
    made = deployed(namespaceCreate=False)

    assert not [resource.name for resource in made if "client-edges" in resource.name]


def test_dns_means_the_clusters_own(stack: Recording) -> None:
    (peer,) = stack.called("mlflow-server-edges").spec["egress"][0]["to"]

    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert peer["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}


def test_a_peer_may_be_a_block_of_addresses(deployed: Deploy) -> None:
    rules = deployed(databasePeers=[{"cidr": "198.18.0.1/32"}]).called("mlflow-server-edges").spec["egress"]

    assert rules[1]["to"] == [{"ipBlock": {"cidr": "198.18.0.1/32"}}]


def test_the_policies_select_their_own_pods(stack: Recording) -> None:
    server = stack.called("mlflow-server-edges").spec["podSelector"]["matchLabels"]
    migration = stack.called("mlflow-migration-edges").spec["podSelector"]["matchLabels"]

    assert server.items() <= stack.called("mlflow-deployment").spec["template"]["metadata"]["labels"].items()
    assert migration.items() <= stack.called("mlflow-migration").spec["template"]["metadata"]["labels"].items()
