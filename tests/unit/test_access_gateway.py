from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.access_gateway import AccessGateway, AccessGatewayArgs, GatewayLimits, KeySourceArgs, gateway_peer
from components.contracts import AccessAssertion, NetworkPeer, ServiceAddress
from tests.unit import engine

if TYPE_CHECKING:
    from tests.unit.engine import Recording

AUTHORITY = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n"
MLFLOW = {"app": "mlflow", "app.kubernetes.io/component": "tracking-server"}


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register a gateway named `gateway`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given = {
            "namespace": "data-platform",
            "service": ServiceAddress(name="mlflow-gateway", namespace="data-platform", port=8080),
            "upstream": ServiceAddress(name="mlflow", namespace="data-platform", port=5000),
            "upstream_selector": MLFLOW,
            "host": "mlflow.254carbon.com",
            "assertion": AccessAssertion(
                team_domain="254carbon.cloudflareaccess.com", audience=pulumi.Output.from_input("tag-of-mlflow")
            ),
            "keys": KeySourceArgs(ca_certificate=None, peers=[NetworkPeer(cidr="0.0.0.0/0")], max_age_hours=24),
            "limits": GatewayLimits(requests_per_second=200, max_body_mib=512),
            "image": "docker.io/envoyproxy/envoy:distroless-v1.40.0",
            "image_pull_secret": None,
            "replicas": 2,
            "ingress_peers": [NetworkPeer(namespace="ingress-nginx")],
            "metrics_peers": [NetworkPeer(namespace="monitoring")],
        }
        gateway = AccessGateway("gateway", AccessGatewayArgs(**{**given, **differences}))
        return {"namespace": gateway.namespace, "selector": gateway.selector, "metrics": asdict(gateway.metrics)}

    return engine.run(program, preview=preview)


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.one("apps/v1:Deployment").spec["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    only: dict[str, Any] = pod(recording)["containers"][0]
    return only


def configuration(recording: Recording) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(recording.called("gateway-settings").inputs["data"]["envoy.json"])
    return document


def clusters(recording: Recording) -> dict[str, Any]:
    return {cluster["name"]: cluster for cluster in configuration(recording)["static_resources"]["clusters"]}


def listeners(recording: Recording) -> dict[str, Any]:
    return {listener["name"]: listener for listener in configuration(recording)["static_resources"]["listeners"]}


def address(cluster: dict[str, Any]) -> tuple[str, int]:
    endpoint = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    socket = endpoint["address"]["socket_address"]
    return socket["address"], socket["port_value"]


def test_there_are_two_replicas_that_spread(made: Recording) -> None:
    keys = [constraint["topologyKey"] for constraint in pod(made)["topologySpreadConstraints"]]

    assert made.one("apps/v1:Deployment").spec["replicas"] == 2
    assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert "podAntiAffinity" in pod(made)["affinity"]


def test_envoy_is_started_the_same_way_in_every_image(made: Recording) -> None:
    assert container(made)["command"] == ["/usr/local/bin/envoy"]
    assert container(made)["args"][:4] == ["--config-path", "/etc/envoy/envoy.json", "--concurrency", "1"]


def test_the_configuration_lies_where_envoy_reads_it(made: Recording) -> None:
    (volume,) = pod(made)["volumes"]
    (mount,) = container(made)["volumeMounts"]

    assert volume["configMap"]["name"] == "gateway-settings-1a2b3c4d"
    assert (mount["mountPath"], mount["readOnly"]) == ("/etc/envoy", True)


def test_a_changed_configuration_rolls_the_pods(made: Recording) -> None:
    settings = made.called("gateway-settings")

    assert settings.inputs["immutable"] is True
    assert "name" not in settings.metadata


def test_the_pod_satisfies_the_restricted_standard_without_a_token(made: Recording) -> None:
    context = container(made)["securityContext"]

    assert pod(made)["securityContext"]["runAsNonRoot"] is True
    assert pod(made)["securityContext"]["runAsUser"] == 65532
    assert pod(made)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert context["readOnlyRootFilesystem"] is True
    assert pod(made)["automountServiceAccountToken"] is False
    assert made.one("core/v1:ServiceAccount").inputs["automountServiceAccountToken"] is False


def test_a_pod_counts_as_started_when_it_has_the_signing_keys(made: Recording) -> None:
    assert container(made)["startupProbe"]["httpGet"] == {"path": "/keys", "port": "metrics"}
    assert container(made)["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "metrics"}


def test_a_rollout_adds_before_it_takes_away(made: Recording) -> None:
    strategy = made.one("apps/v1:Deployment").spec["strategy"]

    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_a_pod_that_stops_serves_until_its_connections_have_gone(made: Recording) -> None:
    farewell = container(made)["lifecycle"]["preStop"]["sleep"]["seconds"]
    manager = listeners(made)["public"]["filter_chains"][0]["filters"][0]["typed_config"]
    turn = int(manager["common_http_protocol_options"]["max_connection_duration"].removesuffix("s"))

    assert manager["http1_safe_max_connection_duration"] is True
    assert farewell >= 60 + turn
    assert pod(made)["terminationGracePeriodSeconds"] > farewell


def test_the_gateway_is_reached_by_the_ingress_and_prometheus_each_at_its_port(made: Recording) -> None:
    edges = made.called("gateway-edges").spec["ingress"]

    assert [(rule["ports"][0]["port"], rule["from"][0]["namespaceSelector"]["matchLabels"]) for rule in edges] == [
        (8080, {"kubernetes.io/metadata.name": "ingress-nginx"}),
        (9901, {"kubernetes.io/metadata.name": "monitoring"}),
    ]


def test_the_gateway_reaches_dns_mlflow_and_the_team_domain_only(made: Recording) -> None:
    dns, mlflow, keys = made.called("gateway-edges").spec["egress"]

    assert {port["port"] for port in dns["ports"]} == {53}
    assert (mlflow["ports"][0]["port"], mlflow["to"]) == (5000, [{"podSelector": {"matchLabels": MLFLOW}}])
    assert (keys["ports"][0]["port"], keys["to"]) == (443, [{"ipBlock": {"cidr": "0.0.0.0/0"}}])


def test_mlflow_in_another_namespace_is_found_there() -> None:
    elsewhere = deploy(upstream=ServiceAddress(name="mlflow", namespace="elsewhere", port=5000))
    (peer,) = elsewhere.called("gateway-edges").spec["egress"][1]["to"]

    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "elsewhere"}


def test_the_policy_of_another_component_can_name_the_gateways_pods(made: Recording) -> None:
    labels = made.one("apps/v1:Deployment").spec["template"]["metadata"]["labels"]

    assert gateway_peer("gateway").pod_labels == made.exports["selector"]
    assert gateway_peer("gateway").pod_labels.items() <= labels.items()
    assert made.one("core/v1:Service").spec["selector"] == made.exports["selector"]


def test_the_gateways_pods_are_none_of_mlflows(made: Recording) -> None:
    labels = made.one("apps/v1:Deployment").spec["template"]["metadata"]["labels"]

    assert not MLFLOW.items() <= labels.items()


def test_a_drain_takes_one_gateway_at_a_time(made: Recording) -> None:
    budget = made.one("PodDisruptionBudget").spec

    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == made.exports["selector"]


def test_the_service_waits_for_the_rollout_and_the_rollout_for_its_edges(made: Recording) -> None:
    rollout = made.one("apps/v1:Deployment")

    assert rollout.urn in made.one("core/v1:Service").dependencies
    assert made.called("gateway-edges").urn in rollout.dependencies


def test_the_service_has_the_agreed_name_and_port(made: Recording) -> None:
    (port,) = made.one("core/v1:Service").spec["ports"]

    assert made.one("core/v1:Service").metadata["name"] == "mlflow-gateway"
    assert (port["port"], port["targetPort"]) == (8080, "http")


def test_prometheus_finds_the_numbers_at_a_port_of_the_pods(made: Recording) -> None:
    metrics = made.exports["metrics"]

    assert (metrics["job"], metrics["path"]) == ("mlflow-gateway", "/stats/prometheus")
    assert {port["name"]: port["containerPort"] for port in container(made)["ports"]}[metrics["port"]] == 9901


def test_envoy_talks_to_mlflow_and_the_team_domain(made: Recording) -> None:
    assert address(clusters(made)["mlflow"]) == ("mlflow.data-platform.svc.cluster.local", 5000)
    assert address(clusters(made)["team_domain"]) == ("254carbon.cloudflareaccess.com", 443)


def test_envoys_administration_stays_inside_the_pod(made: Recording) -> None:
    assert configuration(made)["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
    assert listeners(made)["signing_keys"]["address"]["socket_address"]["address"] == "127.0.0.1"
    assert {port["containerPort"] for port in container(made)["ports"]} == {8080, 9901}


def test_the_audience_issuer_age_and_limits_are_the_given_ones(made: Recording) -> None:
    text = json.dumps(configuration(made))

    assert '"audiences": ["tag-of-mlflow"]' in text
    assert '"issuer": "https://254carbon.cloudflareaccess.com"' in text
    assert '"max_age_seconds": 86400' in text
    assert '"max_tokens": 200' in text
    assert f'"max_request_bytes": {512 << 20}' in text


@pytest.mark.parametrize(
    ("given", "trusted"),
    [(None, {"filename": "/etc/ssl/certs/ca-certificates.crt"}), (AUTHORITY, {"inline_string": AUTHORITY})],
)
def test_the_keys_come_from_a_server_that_the_right_authority_vouches_for(
    given: str | None, trusted: dict[str, str]
) -> None:
    keys = KeySourceArgs(ca_certificate=given, peers=[NetworkPeer(cidr="198.18.0.1/32")], max_age_hours=1)
    tls = clusters(deploy(keys=keys))["team_domain"]["transport_socket"]["typed_config"]
    context = tls["common_tls_context"]["validation_context"]

    assert tls["sni"] == "254carbon.cloudflareaccess.com"
    assert context["trusted_ca"] == trusted
    assert context["match_typed_subject_alt_names"][0]["matcher"] == {"exact": "254carbon.cloudflareaccess.com"}


def test_a_pull_secret_reaches_the_pod(made: Recording) -> None:
    assert pod(deploy(image_pull_secret="registry"))["imagePullSecrets"] == [{"name": "registry"}]  # noqa: S106 - a name
    assert "imagePullSecrets" not in pod(made)


def test_every_child_is_below_the_component_and_carries_its_name(made: Recording) -> None:
    component = made.one("edge:AccessGateway")

    assert {resource.parent for resource in made.custom()} == {component.urn}
    assert all(resource.name.startswith("gateway-") for resource in made.custom())
    assert set(made.outputs_of[component.urn]) == {"url", "namespace"}


def test_a_first_preview_registers_what_an_update_does(made: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True)} == {resource.urn for resource in made}
