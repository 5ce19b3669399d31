"""The picture of the platform shows what the network policies let through, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import Resource
from sandbox.guides.architecture import Edge, edges, picture
from tests.unit.guides import picture as drawn

COMPONENT = "app.kubernetes.io/component"
DATABASE = {"cidr": "10.0.0.5/32"}


def program(component: str, kind: str = "apps/v1:Deployment", name: str = "") -> Resource:
    inputs = {"metadata": {"labels": {COMPONENT: component}}}
    return Resource(urn=f"urn::{name or component}", type=f"kubernetes:{kind}", inputs=inputs)


def pods(component: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {COMPONENT: component}}}


def policy(owner: str, **rules: Any) -> Resource:
    spec = {**pods(owner), **{side: [rule] for side, rule in rules.items()}}
    return Resource(
        urn=f"urn::{owner}-edges", type="kubernetes:networking.k8s.io/v1:NetworkPolicy", inputs={"spec": spec}
    )


def to(peer: dict[str, Any], *ports: int) -> dict[str, Any]:
    return {"to": [peer], "ports": [{"port": port} for port in ports]}


def come_from(peer: dict[str, Any], *ports: int) -> dict[str, Any]:
    return {"from": [peer], "ports": [{"port": port} for port in ports]}


def test_between_programs_there_is_what_both_of_them_allow() -> None:
    resources = [
        program("server"),
        program("gateway"),
        policy("gateway", egress=to(pods("server"), 5000, 6000)),
        policy("server", ingress=come_from(pods("gateway"), 5000, 7000)),
    ]

    assert edges(resources, {}) == [Edge("gateway", "server", (5000,))]


def test_with_others_there_is_what_the_programs_own_policy_allows() -> None:
    prometheus = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    resources = [
        program("server"),
        policy("server", ingress=come_from(prometheus, 9901), egress=to({"ipBlock": DATABASE}, 5432)),
    ]

    assert edges(resources, {"10.0.0.5/32": "the database"}) == [
        Edge("monitoring", "server", (9901,)),
        Edge("server", "the database", (5432,)),
    ]


def test_the_clusters_dns_is_left_out() -> None:
    dns = {"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    assert edges([program("server"), policy("server", egress=to(dns, 53))], {}) == []


def test_two_ports_are_one_edge() -> None:
    resources = [program("server"), policy("server", egress=to({"ipBlock": DATABASE}, 5433, 5432))]

    assert edges(resources, {}) == [Edge("server", "10.0.0.5/32", (5432, 5433))]


def test_programs_are_counted_by_kind() -> None:
    resources = [program("backup", "batch/v1:CronJob", name) for name in ("a", "b")] + [
        program("backup", "batch/v1:Job")
    ]

    assert '        backup["<b>backup</b><br/>Job, 2 CronJobs"]\n' in picture(resources, {})


@pytest.fixture(scope="module")
def platform() -> Any:
    return drawn.platform()


def test_production_is_entered_by_way_of_cloudflare_and_the_gateway(platform: Any) -> None:
    lines = picture(platform, drawn.OUTSIDE).splitlines()

    assert "    people__programs -->|HTTPS| Cloudflare_Access" in lines
    assert "    ingress_controller -->|8080| access_gateway" in lines
    assert "    access_gateway -->|5000| tracking_server" in lines
    assert not any(line.startswith("    ingress_controller") and "tracking_server" in line for line in lines)


def test_everybody_in_the_picture_has_a_name(platform: Any) -> None:
    ends = {end for edge in edges(platform, {}) for end in (edge.source, edge.target)}
    shown = picture(platform, drawn.OUTSIDE)

    assert any("/" in end for end in ends)
    assert "/32" not in shown
    assert "=" not in shown
