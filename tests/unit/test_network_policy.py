from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

DATABASE = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data-platform"}},
    "podSelector": {"matchLabels": {"app": "postgres-shared"}},
}
CLIENTS_AND_PROMETHEUS = [
    {"podSelector": {"matchLabels": {"mlflow-platform.io/client": "true"}}},
    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
]
GATEWAY = {
    "app": "mlflow",
    "app.kubernetes.io/name": "mlflow",
    "app.kubernetes.io/instance": "gateway",
    "app.kubernetes.io/component": "access-gateway",
}


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def test_the_server_is_reached_by_the_ingress_clients_and_prometheus_only(dev: Recording) -> None:
    (rule,) = dev.called("mlflow-server-edges").spec["ingress"]

    assert ports(rule) == [5000]
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "ingress-nginx"}},
        },
        *CLIENTS_AND_PROMETHEUS,
    ]


def test_behind_single_sign_on_the_gateway_takes_the_place_of_the_ingress(
    prod: Recording, tunnelled: Recording
) -> None:
    for recording in (prod, tunnelled):
        (rule,) = recording.called("mlflow-server-edges").spec["ingress"]

        assert ports(rule) == [5000]
        assert rule["from"] == [{"podSelector": {"matchLabels": GATEWAY}}, *CLIENTS_AND_PROMETHEUS]


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
    assert migration.items() <= stack.one("batch/v1:Job").spec["template"]["metadata"]["labels"].items()
