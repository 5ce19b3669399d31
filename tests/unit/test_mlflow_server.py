from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit import stack_files

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.called("mlflow-deployment").spec["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    only: dict[str, Any] = pod(recording)["containers"][0]
    return only


def settings(recording: Recording) -> dict[str, str]:
    data: dict[str, str] = recording.called("mlflow-settings").inputs["data"]
    return data


def allowed_hosts(recording: Recording) -> list[str]:
    values: dict[str, str] = {variable["name"]: variable.get("value", "") for variable in container(recording)["env"]}
    return values["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")


def test_there_are_two_replicas_of_two_workers(stack: Recording) -> None:
    assert stack.called("mlflow-deployment").spec["replicas"] == 2
    assert settings(stack)["MLFLOW_WORKERS"] == "2"


def test_pods_have_the_agreed_size(stack: Recording) -> None:
    assert container(stack)["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert container(stack)["resources"]["limits"] == {"cpu": "1000m", "memory": "2Gi"}


def test_a_rollout_adds_before_it_takes_away(stack: Recording) -> None:
    strategy = stack.called("mlflow-deployment").spec["strategy"]

    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def test_a_pod_that_stops_first_drains_and_then_finishes_its_requests(stack: Recording) -> None:
    drain = container(stack)["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert "--timeout-graceful-shutdown 60" in settings(stack)["MLFLOW_UVICORN_OPTS"]
    assert pod(stack)["terminationGracePeriodSeconds"] > drain + 60


def test_idle_connections_outlive_those_of_the_proxies(stack: Recording) -> None:
    assert "--timeout-keep-alive 120" in settings(stack)["MLFLOW_UVICORN_OPTS"]


def test_readiness_asks_the_database_and_liveness_does_not(stack: Recording) -> None:
    assert container(stack)["readinessProbe"]["httpGet"]["path"].startswith("/api/2.0/mlflow/experiments/search")
    assert container(stack)["livenessProbe"]["httpGet"]["path"] == "/health"
    assert container(stack)["startupProbe"]["httpGet"]["path"] == "/health"


def test_replicas_spread_over_nodes_and_zones(stack: Recording) -> None:
    keys = [constraint["topologyKey"] for constraint in pod(stack)["topologySpreadConstraints"]]

    assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    # Those that a rollout is about to remove do not count.
    assert [each["matchLabelKeys"] for each in pod(stack)["topologySpreadConstraints"]] == [["pod-template-hash"]] * 2
    assert "podAntiAffinity" in pod(stack)["affinity"]


def test_the_uri_has_no_password(stack: Recording) -> None:
    uri = settings(stack)["MLFLOW_BACKEND_STORE_URI"]

    assert uri.startswith("postgresql+psycopg2://mlflow@postgres-shared.data-platform.svc.cluster.local:5432/mlflow?")
    assert "sslmode=verify-full&sslrootcert=/etc/mlflow/authorities/database.pem" in uri


def test_the_password_is_in_a_file_that_libpq_accepts_with_group_permission(stack: Recording) -> None:
    login = stack.called("mlflow-database").inputs["stringData"]["pg_service.conf"]

    assert login == f"[mlflow]\npassword={stack_files.SECRETS['databasePassword']}\n"
    assert settings(stack)["PGSERVICEFILE"] == "/etc/mlflow/database/pg_service.conf"


def test_secret_files_are_for_the_pods_group_only(stack: Recording) -> None:
    modes = {volume["secret"]["defaultMode"] for volume in pod(stack)["volumes"] if "secret" in volume}

    assert modes == {0o440}
    assert pod(stack)["securityContext"]["fsGroup"] == pod(stack)["securityContext"]["runAsGroup"] == 10001


def test_settings_and_secrets_are_replaced_and_never_changed(stack: Recording) -> None:
    objects = stack.of_type("core/v1:ConfigMap") + stack.of_type("core/v1:Secret")
    # No pod of the platform reads the dashboards, or what portals and clients find by a name that stays.
    for_others = {"catalog-entry", "client-environment"}
    objects = [each for each in objects if "grafana_dashboard" not in each.metadata["labels"]]
    objects = [each for each in objects if each.name not in for_others]

    assert all(resource.inputs["immutable"] is True for resource in objects)
    assert [resource.name for resource in objects if "name" in resource.metadata] == []


def test_every_scratch_directory_has_a_size(stack: Recording) -> None:
    scratch = [volume["emptyDir"] for volume in pod(stack)["volumes"] if "emptyDir" in volume]

    assert [directory["sizeLimit"] for directory in scratch] == ["2Gi", "128Mi"]


def test_the_server_answers_by_every_name_that_it_has(dev: Recording) -> None:
    service = ["mlflow", "mlflow.data-platform", "mlflow.data-platform.svc"]
    service += ["mlflow.data-platform.svc.cluster.local"]

    assert {"mlflow.local", *service, *(f"{name}:5000" for name in service)} <= set(allowed_hosts(dev))


def test_prometheus_and_the_probes_get_an_answer_by_the_pods_address(stack: Recording) -> None:
    names = [variable["name"] for variable in container(stack)["env"]]

    assert "$(POD_IP):5000" in allowed_hosts(stack)
    assert names.index("POD_IP") < names.index("MLFLOW_SERVER_ALLOWED_HOSTS")


def test_no_allowed_host_stands_for_many(stack: Recording) -> None:
    assert [host for host in allowed_hosts(stack) if "*" in host or not host] == []


def test_the_page_of_the_server_may_call_it(dev: Recording, prod: Recording) -> None:
    assert settings(dev)["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.local,http://mlflow.local"
    assert settings(prod)["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.254carbon.com"


def test_metrics_are_on_and_what_nobody_needs_is_off(stack: Recording) -> None:
    assert settings(stack)["MLFLOW_EXPOSE_PROMETHEUS"] == "/var/lib/mlflow/metrics"
    assert settings(stack)["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert settings(stack)["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_proxied_artifacts_pass_through_a_repository_that_cannot_sign(dev: Recording) -> None:
    volumes = {volume["name"]: volume for volume in pod(dev)["volumes"]}
    entry = dev.called("mlflow-plugin").inputs["data"]["entry_points.txt"]

    assert settings(dev)["MLFLOW_ARTIFACTS_DESTINATION"] == "proxied-s3://mlflow-artifacts"
    assert "proxied-s3 = proxied_s3:ProxiedS3ArtifactRepository" in entry
    assert "/etc/mlflow/plugin" in settings(dev)["PYTHONPATH"].split(":")
    assert volumes["plugin"]["configMap"]["name"] == "mlflow-plugin-1a2b3c4d"


def test_the_server_is_mlflows_own_command_with_the_log_and_an_application_around_mlflows(stack: Recording) -> None:
    command = ["python", "-m", "components.program_logging", "/etc/mlflow/log/server.json", "mlflow", "server"]

    assert container(stack)["command"] == [*command, "--app-name", "request-log"]
    assert "--log-config /etc/mlflow/log/server.json --no-access-log" in settings(stack)["MLFLOW_UVICORN_OPTS"]
    assert settings(stack)["MLFLOW_CONFIGURE_LOGGING"] == "false"
    assert "/etc/mlflow/log" in settings(stack)["PYTHONPATH"].split(":")


def test_what_is_asked_every_few_seconds_is_logged_only_when_it_fails(stack: Recording) -> None:
    asked = {
        container(stack)[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }

    assert set(settings(stack)["REQUEST_LOG_QUIET"].split()) == {*asked, "/metrics"}


def test_presigned_artifacts_need_no_plugin(deployed: Deploy) -> None:
    recording = deployed(artifactDelivery="presigned")

    assert settings(recording)["MLFLOW_ARTIFACTS_DESTINATION"] == "s3://mlflow-artifacts"
    assert [resource.name for resource in recording if resource.name == "mlflow-plugin"] == []


def test_a_fixed_number_of_replicas_has_no_autoscaler(stack: Recording) -> None:
    assert stack.of_type("HorizontalPodAutoscaler") == []


def test_an_autoscaler_owns_the_number_of_replicas(deployed: Deploy) -> None:
    recording = deployed(maxReplicas=4, databaseConnectionLimit=200)
    autoscaler = recording.one("HorizontalPodAutoscaler").spec

    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (2, 4)
    assert "replicas" not in recording.called("mlflow-deployment").spec


def test_a_drain_takes_one_server_at_a_time(stack: Recording) -> None:
    budget = stack.called("mlflow-disruption-budget").spec

    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["selector"] == stack.called("mlflow-deployment").spec["selector"]


def test_pulumi_waits_for_each_pod_in_its_turn(deployed: Deploy, stack: Recording) -> None:
    assert stack.called("mlflow-deployment").patience == "390s"
    assert deployed(maxReplicas=4, databaseConnectionLimit=200).called("mlflow-deployment").patience == "570s"


def test_a_pull_secret_reaches_both_pods(deployed: Deploy, dev: Recording) -> None:
    recording = deployed(imagePullSecret="registry")
    job = recording.called("mlflow-migration").spec["template"]["spec"]

    assert pod(recording)["imagePullSecrets"] == job["imagePullSecrets"] == [{"name": "registry"}]
    assert "imagePullSecrets" not in pod(dev)
