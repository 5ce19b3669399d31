"""Running it: what Envoy says of the configuration, probes and figures, and an MLflow that restarts."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from typing import TYPE_CHECKING

from components.access_gateway import envoy
from sandbox.images.envoy import wheel_executable
from tests.unit.gateway.neighbours import Echo, free_ports, hanging_up
from tests.unit.gateway.running import TEAM_DOMAIN, in_background, settings, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.assertions import Signer
    from tests.unit.gateway.running import Gateway


def test_envoy_accepts_what_a_pod_gets(tmp_path: Path) -> None:
    configuration = settings(
        envoy.Endpoint(host=TEAM_DOMAIN, port=443),
        envoy.Endpoint(host="mlflow.data-platform.svc.cluster.local", port=5000),
        None,
    )
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(envoy.bootstrap(configuration)))

    validation = [str(wheel_executable()), "--mode", "validate", *envoy.command_line(str(file))]
    checked = subprocess.run(validation, capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stderr
    # Warnings tell of deprecated fields.
    assert "warning" not in checked.stderr


def test_prometheus_and_the_probes_get_their_paths_and_nothing_else(gateway: Gateway) -> None:
    assert gateway.operations("/ready").status == 200
    assert 'envoy_cluster_name="mlflow"' in gateway.operations("/stats/prometheus").text
    assert {gateway.operations(path).status for path in ("/", "/config_dump", "/quitquitquit", "/stats")} == {404}
    assert gateway.operations("/ready", "POST").status == 404


def test_a_request_waits_for_a_server_that_restarts(another: Callable[..., Gateway], key: Signer, echo: Echo) -> None:
    port = free_ports(1)[0]
    gateway = another(upstream=dataclasses.replace(echo.endpoint, port=port)).started()

    with in_background(lambda: gateway.request("POST", "/late", key.sign(), body=b"x")) as answer:
        until(lambda: "upstream_cx_connect_fail" in gateway.counters("mlflow"))
        late = Echo(port)
    late.close()

    assert answer().status == 200
    assert late.seen == ["/late"]


def test_a_request_that_may_have_been_processed_is_not_sent_again(another: Callable[..., Gateway], key: Signer) -> None:
    with hanging_up() as server:
        answer = another(upstream=server.endpoint).started().request("POST", "/", key.sign(), body=b"x")

        assert answer.status == 503
        assert server.accepted() == 1
