from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from components.canary import Canary, CanaryArgs, PublicRouteProbe, canary_peer
from components.contracts import NetworkPeer, ServiceAddress
from tests.unit import engine

if TYPE_CHECKING:
    from tests.unit.engine import Recording

AUTHORITY = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n"
MLFLOW = {"app": "mlflow", "app.kubernetes.io/component": "tracking-server"}
INGRESS = NetworkPeer(namespace="ingress-nginx")
CLOUDFLARE = NetworkPeer(cidr="104.16.0.0/13")
PROGRAM = Path(__file__).resolve().parents[2] / "components" / "canary" / "program"


def route(**differences: Any) -> PublicRouteProbe:
    given = {
        "url": "https://mlflow.254carbon.com/health",
        "statuses": [200, 302],
        "peers": [INGRESS],
        "ca_certificate": AUTHORITY,
    }
    return PublicRouteProbe(**{**given, **differences})


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register a canary named `canary`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given = {
            "namespace": "data-platform",
            "server": ServiceAddress(name="mlflow", namespace="data-platform", port=5000),
            "server_selector": MLFLOW,
            "image": "ghcr.io/mlflow/mlflow:v3.17.2-full",
            "image_pull_secret": None,
            "interval_seconds": 60,
            "public_route": None,
            "metrics_peers": [NetworkPeer(namespace="monitoring")],
        }
        canary = Canary("canary", CanaryArgs(**{**given, **differences}))
        return {"selector": canary.selector, "metrics": asdict(canary.metrics)}

    return engine.run(program, preview=preview)


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


@pytest.fixture(scope="module")
def with_route() -> Recording:
    return deploy(public_route=route())


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.one("apps/v1:Deployment").spec["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    (only,) = pod(recording)["containers"]
    found: dict[str, Any] = only
    return found


def test_there_is_one_canary(made: Recording) -> None:
    assert made.one("apps/v1:Deployment").metadata["name"] == "mlflow-canary"
    assert made.one("apps/v1:Deployment").spec["replicas"] == 1


def test_it_goes_to_mlflow_by_its_service_at_the_given_interval(made: Recording) -> None:
    assert container(made)["command"] == ["python", "-m", "mlflow_canary"]
    assert container(made)["args"] == [
        "--server-url=http://mlflow.data-platform.svc.cluster.local:5000",
        "--interval=60",
        "--settle=10",
        "--step-timeout=10",
        "--port=9464",
    ]


def test_it_runs_on_the_servers_image(made: Recording) -> None:
    assert container(made)["image"] == "ghcr.io/mlflow/mlflow:v3.17.2-full"


def test_the_program_and_the_log_that_it_shares_are_packages_on_pythons_path(made: Recording) -> None:
    (volume,) = pod(made)["volumes"]
    (mount,) = container(made)["volumeMounts"]
    path = {variable["name"]: variable["value"] for variable in container(made)["env"]}["PYTHONPATH"]

    assert volume["configMap"]["name"] == "canary-program-1a2b3c4d"
    assert (mount["mountPath"], mount["readOnly"]) == (path, True)
    folders = {item["path"].rpartition("/")[0] for item in volume["configMap"]["items"]}
    assert folders == {"mlflow_canary", "components/program_logging"}


def test_a_changed_program_rolls_the_pod(made: Recording) -> None:
    program = made.called("canary-program")

    assert program.inputs["immutable"] is True
    assert "name" not in program.metadata
    own = {key: text for key, text in program.inputs["data"].items() if key.startswith("mlflow_canary.")}
    assert own == {f"mlflow_canary.{file.name}": file.read_text() for file in PROGRAM.glob("*.py")}


def test_nothing_secret_reaches_the_pod(with_route: Recording) -> None:
    assert with_route.of_type("core/v1:Secret") == []
    assert engine.REDACTED not in "".join(engine.as_text(resource) for resource in with_route)


def test_without_a_public_route_none_is_tried(made: Recording) -> None:
    assert not [argument for argument in container(made)["args"] if "public" in argument]
    assert [resource.name for resource in made.of_type("core/v1:ConfigMap")] == ["canary-program"]


def test_the_public_route_is_tried_with_its_statuses_and_its_authority(with_route: Recording) -> None:
    authority = with_route.called("canary-authority")
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in pod(with_route)["volumes"]}
    paths = {mount["name"]: mount["mountPath"] for mount in container(with_route)["volumeMounts"]}

    assert container(with_route)["args"][5:] == [
        "--public-url=https://mlflow.254carbon.com/health",
        "--public-status",
        "200",
        "302",
        f"--public-ca={paths['authority']}/public.pem",
    ]
    assert authority.inputs["data"] == {"public.pem": AUTHORITY}
    assert volumes["authority"] == "canary-authority-1a2b3c4d"


def test_without_an_authority_of_its_own_the_public_ones_are_trusted() -> None:
    recording = deploy(public_route=route(ca_certificate=None))

    assert not [argument for argument in container(recording)["args"] if argument.startswith("--public-ca")]
    assert [resource.name for resource in recording.of_type("core/v1:ConfigMap")] == ["canary-program"]


def test_the_pod_satisfies_the_restricted_standard_without_a_token(made: Recording) -> None:
    context = container(made)["securityContext"]

    assert pod(made)["securityContext"]["runAsNonRoot"] is True
    assert pod(made)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert context["readOnlyRootFilesystem"] is True
    assert pod(made)["automountServiceAccountToken"] is False
    assert made.one("core/v1:ServiceAccount").inputs["automountServiceAccountToken"] is False


def test_it_counts_as_ready_when_its_numbers_can_be_read_and_as_dead_when_its_rounds_stand_still(
    made: Recording,
) -> None:
    assert container(made)["readinessProbe"]["httpGet"] == {"path": "/metrics", "port": "metrics"}
    assert container(made)["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "metrics"}


def test_prometheus_finds_the_numbers_at_a_port_of_the_pod(made: Recording) -> None:
    metrics = made.exports["metrics"]

    assert (metrics["job"], metrics["path"]) == ("mlflow-canary", "/metrics")
    assert {port["name"]: port["containerPort"] for port in container(made)["ports"]}[metrics["port"]] == 9464
    assert made.one("apps/v1:Deployment").spec["selector"]["matchLabels"] == metrics["selector"]


def test_only_prometheus_comes_in(made: Recording) -> None:
    policy = made.called("canary-edges").spec
    (edge,) = policy["ingress"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert edge["ports"][0]["port"] == 9464
    assert edge["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}


def test_the_way_out_leads_to_dns_and_mlflow_only(made: Recording) -> None:
    dns, mlflow = made.called("canary-edges").spec["egress"]

    assert {port["port"] for port in dns["ports"]} == {53}
    assert (mlflow["ports"][0]["port"], mlflow["to"]) == (5000, [{"podSelector": {"matchLabels": MLFLOW}}])


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("https://mlflow.254carbon.com/health", 443, True),
        ("https://mlflow.254carbon.com:8443/health", 8443, True),
        ("http://mlflow.local/health", 80, False),
    ],
)
def test_a_public_route_by_an_address_is_one_more_way_out_at_its_port(url: str, port: int, *, tls: bool) -> None:
    probe = route(url=url, peers=[CLOUDFLARE])
    _, _, edge = deploy(public_route=probe).called("canary-edges").spec["egress"]

    assert (edge["to"], edge["ports"]) == (
        [{"ipBlock": {"cidr": CLOUDFLARE.cidr}}],
        [{"port": port, "protocol": "TCP"}],
    )
    assert probe.tls is tls


def test_a_public_route_by_pods_is_one_at_every_port_since_their_own_is_not_the_services(
    with_route: Recording,
) -> None:
    _, _, edge = with_route.called("canary-edges").spec["egress"]

    assert "ports" not in edge
    assert [peer["namespaceSelector"]["matchLabels"] for peer in edge["to"]] == [
        {"kubernetes.io/metadata.name": "ingress-nginx"}
    ]


def test_both_kinds_of_peers_keep_their_own_ports() -> None:
    _, _, *edges = deploy(public_route=route(peers=[INGRESS, CLOUDFLARE])).called("canary-edges").spec["egress"]

    assert ["ports" in edge for edge in edges] == [True, False]


def test_the_policy_of_another_component_can_name_the_canarys_pod(made: Recording) -> None:
    labels = made.one("apps/v1:Deployment").spec["template"]["metadata"]["labels"]

    assert canary_peer("canary").pod_labels == made.exports["selector"]
    assert canary_peer("canary").pod_labels.items() <= labels.items()
    assert not MLFLOW.items() <= labels.items()


def test_the_pod_waits_for_its_edges(made: Recording) -> None:
    assert made.called("canary-edges").urn in made.one("apps/v1:Deployment").dependencies


def test_a_pull_secret_reaches_the_pod(made: Recording) -> None:
    assert pod(deploy(image_pull_secret="registry"))["imagePullSecrets"] == [{"name": "registry"}]  # noqa: S106 - a name
    assert "imagePullSecrets" not in pod(made)


def test_every_child_is_below_the_component_and_carries_its_name(with_route: Recording) -> None:
    component = with_route.one("monitoring:Canary")

    assert {resource.parent for resource in with_route.custom()} == {component.urn}
    assert all(resource.name.startswith("canary-") for resource in with_route.custom())
    assert component.urn in with_route.outputs_of


def test_a_first_preview_registers_what_an_update_does(with_route: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True, public_route=route())} == {
        resource.urn for resource in with_route
    }
