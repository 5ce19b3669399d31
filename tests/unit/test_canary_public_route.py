"""How a stack's other settings decide where the canary's public route begins and what it is to find there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit import stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

WITHOUT_ACCESS: dict[str, Any] = {"access": False, "accessEmailDomains": [], "accessClients": []}
WATCHING: dict[str, Any] = {"monitoring": True, "canary": True, **stack_files.MONITORING_FACTS}
CERTIFICATE_ALERT = "MLFlowCertificateExpiry"


def public_arguments(recording: Recording) -> list[str]:
    """What the canary is told of the public route."""
    line: list[str] = recording.called("canary-deployment").spec["template"]["spec"]["containers"][0]["args"]
    return line[5:]


def ways_out(recording: Recording) -> list[dict[str, Any]]:
    """Edges beyond those to DNS and to MLflow."""
    edges: list[dict[str, Any]] = recording.called("canary-edges").spec["egress"]
    return edges[2:]


def to_addresses(cidr: str) -> dict[str, Any]:
    return {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": 443, "protocol": "TCP"}]}


def alert_names(recording: Recording) -> set[str]:
    groups = recording.one(":PrometheusRule").spec["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize("name", ["prod", "tunnelled"])
def test_in_production_it_comes_by_cloudflare_as_far_as_the_login(name: str, request: pytest.FixtureRequest) -> None:
    recording: Recording = request.getfixturevalue(name)

    assert public_arguments(recording) == ["--public-url=https://mlflow.254carbon.com/health", "--public-status", "302"]
    assert ways_out(recording) == [to_addresses("0.0.0.0/0")]


def test_behind_access_it_is_let_out_to_where_the_gateway_fetches_its_keys(deployed: Deploy) -> None:
    made = deployed("prod", accessKeysPeers=[{"cidr": "104.16.0.0/13"}])

    assert ways_out(made) == [to_addresses("104.16.0.0/13")]


def test_without_access_mlflow_itself_answers_behind_the_ingress_controller(deployed: Deploy) -> None:
    made = deployed("prod", **WITHOUT_ACCESS)
    (way_out,) = ways_out(made)
    (controller,) = way_out["to"]

    assert public_arguments(made) == ["--public-url=https://mlflow.254carbon.com/health", "--public-status", "200"]
    assert controller["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "ingress-nginx"}
    assert controller["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "ingress-nginx"}


@pytest.mark.parametrize("access", [{}, WITHOUT_ACCESS], ids=["behind Access", "without it"])
def test_peers_of_its_own_take_the_place_of_both(access: dict[str, Any], deployed: Deploy) -> None:
    made = deployed("prod", canaryPublicPeers=[{"cidr": "203.0.113.7/32"}], **access)

    assert ways_out(made) == [to_addresses("203.0.113.7/32")]


def test_a_route_by_plain_http_is_tried_by_plain_http_and_has_no_certificate_to_watch(deployed: Deploy) -> None:
    made = deployed("dev", canaryPublicRoute=True, **WATCHING)

    assert public_arguments(made) == ["--public-url=http://mlflow.local/health", "--public-status", "200"]
    assert CERTIFICATE_ALERT not in alert_names(made)


def test_a_certificate_that_is_served_where_plain_http_is_welcome_is_watched(deployed: Deploy) -> None:
    made = deployed("dev", canaryPublicRoute=True, tlsSecret="mlflow-tls", **WATCHING)

    assert public_arguments(made)[0] == "--public-url=https://mlflow.local/health"
    assert CERTIFICATE_ALERT in alert_names(made)


def test_the_authority_that_is_given_reaches_the_pod(deployed: Deploy, tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_text(stack_files.CERTIFICATE)

    made = deployed("prod", canaryPublicCaFile=str(tmp_path / "public.pem"))

    assert made.called("canary-authority").inputs["data"] == {"public.pem": stack_files.CERTIFICATE}
    assert [each for each in public_arguments(made) if each.startswith("--public-ca=")]


def test_the_certificate_is_watched_exactly_where_the_canary_sees_it(prod: Recording, deployed: Deploy) -> None:
    blind = [deployed("prod", canaryPublicRoute=False), deployed("prod", canary=False)]

    assert CERTIFICATE_ALERT in alert_names(prod)
    assert [name for made in blind for name in alert_names(made) if name == CERTIFICATE_ALERT] == []


def test_a_canary_that_is_not_told_to_stays_inside_the_cluster(deployed: Deploy) -> None:
    made = deployed("prod", canaryPublicRoute=False)

    assert (public_arguments(made), ways_out(made)) == ([], [])
