"""A way in without an open port: what Cloudflare is told, and the pods that hold the tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

HOST = "mlflow.254carbon.com"


def rules(recording: Recording) -> list[dict[str, Any]]:
    configured: list[dict[str, Any]] = recording.called("tunnel-configuration").inputs["config"]["ingresses"]
    return configured


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.called("tunnel-deployment").spec["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    (only,) = pod(recording)["containers"]
    assert isinstance(only, dict)
    return only


def test_cloudflare_keeps_the_tunnels_configuration(tunnelled: Recording) -> None:
    tunnel = tunnelled.called("tunnel-tunnel").inputs

    assert (tunnel["name"], tunnel["configSrc"]) == (HOST, "cloudflare")
    assert tunnelled.called("tunnel-configuration").inputs["source"] == "cloudflare"
    assert tunnelled.called("tunnel-configuration").inputs["tunnelId"] == "tunnel-tunnel-id"


def test_every_rule_checks_the_assertion(tunnelled: Recording) -> None:
    wanted = {"required": True, "teamName": "254carbon", "audTags": [engine.AUDIENCE]}

    assert [rule["originRequest"] for rule in rules(tunnelled)] == [{"access": wanted}] * 2


def test_the_host_leads_to_the_gateway_and_everything_else_nowhere(tunnelled: Recording) -> None:
    first, last = rules(tunnelled)

    assert first["hostname"] == HOST
    assert first["service"] == "http://mlflow-gateway.data-platform.svc.cluster.local:8080"
    assert last["service"] == "http_status:404"
    assert not {"hostname", "path"} & set(last)


def test_the_record_leads_to_the_tunnel(tunnelled: Recording) -> None:
    (record,) = tunnelled.of_type(":DnsRecord")

    assert (record.inputs["type"], record.inputs["content"]) == ("CNAME", "tunnel-tunnel-id.cfargotunnel.com")
    assert (record.inputs["name"], record.inputs["proxied"], record.inputs["ttl"]) == (HOST, True, 1)
    assert record.inputs["zoneId"] == stack_files.ACCESS_FACTS["cloudflareZoneId"]


def test_the_name_is_published_when_requests_can_arrive(tunnelled: Recording) -> None:
    waits_for = {tunnelled.called(f"tunnel-{part}").urn for part in ("deployment", "configuration")}

    assert waits_for <= tunnelled.called("tunnel-record").dependencies
    assert tunnelled.exports["url"] == f"https://{HOST}"


def test_nothing_is_open_to_the_outside(tunnelled: Recording) -> None:
    assert tunnelled.of_type("Ingress") == []
    assert {service.spec.get("type", "ClusterIP") for service in tunnelled.of_type("core/v1:Service")} == {"ClusterIP"}


def test_the_token_is_asked_for_by_the_explicit_provider(tunnelled: Recording) -> None:
    (question,) = tunnelled.questions

    assert question.function.endswith(":getZeroTrustTunnelCloudflaredToken")
    assert question.provider.startswith(f"{tunnelled.called('cloudflare').urn}::")
    assert question.arguments["tunnelId"] == "tunnel-tunnel-id"


def test_the_token_is_a_secret_that_reaches_the_pods_as_a_file(tunnelled: Recording) -> None:
    secret = tunnelled.called("tunnel-token")
    (volume,) = pod(tunnelled)["volumes"]

    assert secret.inputs["stringData"] == {"token": engine.TUNNEL_TOKEN}
    assert secret.plain["stringData"] == engine.REDACTED
    assert volume["secret"] == {"secretName": "tunnel-token-1a2b3c4d", "defaultMode": 0o440}
    assert container(tunnelled)["args"] == ["run", "--token-file=/etc/cloudflared/token"]
    assert "env" not in container(tunnelled)


def test_a_new_token_rolls_the_pods(tunnelled: Recording) -> None:
    secret = tunnelled.called("tunnel-token")

    assert secret.inputs["immutable"] is True
    assert "name" not in secret.metadata


def test_two_pods_hold_the_tunnel_through_a_rollout(tunnelled: Recording) -> None:
    spec = tunnelled.called("tunnel-deployment").spec

    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_a_pod_that_stops_finishes_its_requests(tunnelled: Recording) -> None:
    assert "--grace-period=30s" in container(tunnelled)["command"]
    assert pod(tunnelled)["terminationGracePeriodSeconds"] > 30


def test_pods_are_ready_with_a_connection_and_restarted_only_when_dead(tunnelled: Recording) -> None:
    assert "--metrics=0.0.0.0:2000" in container(tunnelled)["command"]
    assert container(tunnelled)["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "metrics"}
    assert container(tunnelled)["livenessProbe"]["httpGet"] == {"path": "/healthcheck", "port": "metrics"}
    assert container(tunnelled)["ports"] == [{"name": "metrics", "containerPort": 2000, "protocol": "TCP"}]


def test_pods_run_as_the_images_user(tunnelled: Recording) -> None:
    assert pod(tunnelled)["securityContext"]["runAsUser"] == 65532
    assert "--no-autoupdate" in container(tunnelled)["command"]


def test_pods_are_reached_by_prometheus_only(tunnelled: Recording) -> None:
    (rule,) = tunnelled.called("tunnel-edges").spec["ingress"]

    assert [port["port"] for port in rule["ports"]] == [2000]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def test_pods_reach_dns_the_gateway_and_public_addresses_only(tunnelled: Recording) -> None:
    dns, gateway, cloudflare = tunnelled.called("tunnel-edges").spec["egress"]
    (public,) = cloudflare["to"]

    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert [port["port"] for port in gateway["ports"]] == [8080]
    assert gateway["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "access-gateway"
    assert [(port["port"], port["protocol"]) for port in cloudflare["ports"]] == [
        (7844, "UDP"),
        (7844, "TCP"),
        (443, "TCP"),
    ]
    assert public["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} <= set(public["ipBlock"]["except"])


def test_pods_do_not_start_before_they_may_reach_anything(tunnelled: Recording) -> None:
    assert tunnelled.called("tunnel-edges").urn in tunnelled.called("tunnel-deployment").dependencies


def test_a_pull_secret_reaches_the_pods(deployed: Deploy, tunnelled: Recording) -> None:
    recording = deployed("prod", **stack_files.TUNNEL, imagePullSecret="registry")

    assert pod(recording)["imagePullSecrets"] == [{"name": "registry"}]
    assert "imagePullSecrets" not in pod(tunnelled)


def test_a_first_preview_does_without_the_token(deployed: Deploy, tunnelled: Recording) -> None:
    preview = deployed("prod", preview=True, **stack_files.TUNNEL)

    assert preview.questions == []
    assert {resource.urn for resource in preview} == {resource.urn for resource in tunnelled}


def test_without_a_tunnel_there_are_no_pods_for_one(stack: Recording) -> None:
    assert [resource.name for resource in stack if resource.name.startswith("tunnel")] == []
