from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import inventory_exporter
from components.contracts import BucketAccess, DatabaseConnection, NetworkPeer
from components.inventory_exporter import InventoryExporter, InventoryExporterArgs, RefreshArgs
from components.inventory_exporter.program.settings import Settings
from tests.unit import engine

if TYPE_CHECKING:
    from tests.unit.engine import Recording

AUTHORITY = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n"
PROGRAM = Path(inventory_exporter.__file__).with_name("program")
READER_PASSWORD, READER_SECRET = "battery-of-the-reader", "secret-of-the-reader"


def database(**differences: Any) -> DatabaseConnection:
    given: dict[str, Any] = {
        "host": "postgres-shared.data-platform.svc.cluster.local",
        "port": 5432,
        "database": "mlflow",
        "user": "mlflow_reader",
        "password": pulumi.Output.secret(READER_PASSWORD),
        "ssl_mode": "verify-full",
        "ca_certificate": AUTHORITY,
        "peers": [NetworkPeer(namespace="data-platform", pod_labels={"app": "postgres-shared"})],
    }
    return DatabaseConnection(**{**given, **differences})


def bucket(**differences: Any) -> BucketAccess:
    given: dict[str, Any] = {
        "bucket": "mlflow-artifacts",
        "endpoint": "https://minio.data-platform.svc.cluster.local:9000",
        "region": "us-east-1",
        "access_key": pulumi.Output.secret("key-of-the-reader"),
        "secret_key": pulumi.Output.secret(READER_SECRET),
        "ca_certificate": AUTHORITY,
        "peers": [NetworkPeer(namespace="data-platform", pod_labels={"app": "minio"})],
    }
    return BucketAccess(**{**given, **differences})


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register an exporter named `exporter`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given: dict[str, Any] = {
            "namespace": "data-platform",
            "deployment": "mlflow-exporter",
            "image": "ghcr.io/mlflow/mlflow:v3.17.2-full",
            "image_pull_secret": None,
            "database": database(),
            "server_role": "mlflow",
            "bucket": bucket(),
            "refresh": RefreshArgs(database_seconds=60, bucket_seconds=600, bucket_pages=1000),
            "metrics_peers": [NetworkPeer(namespace="monitoring")],
        }
        exporter = InventoryExporter("exporter", InventoryExporterArgs(**{**given, **differences}))
        return {"selector": exporter.selector, "metrics": asdict(exporter.metrics)}

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


def settings(recording: Recording) -> dict[str, str]:
    variables: dict[str, str] = recording.called("exporter-settings").inputs["data"]
    return variables


def mounted(recording: Recording) -> dict[str, str]:
    """Name of the object behind each directory of the pod; empty for a scratch one."""
    sources = {
        volume["name"]: (volume.get("configMap") or {}).get("name")
        or (volume.get("secret") or {}).get("secretName", "")
        for volume in pod(recording)["volumes"]
    }
    return {mount["mountPath"]: sources[mount["name"]] for mount in container(recording)["volumeMounts"]}


def test_one_pod_runs_the_program_in_the_servers_image(made: Recording) -> None:
    assert made.one("apps/v1:Deployment").spec["replicas"] == 1
    assert made.one("apps/v1:Deployment").metadata["name"] == "mlflow-exporter"
    assert container(made)["image"] == "ghcr.io/mlflow/mlflow:v3.17.2-full"
    assert container(made)["command"] == ["python", "-m", "inventory_exporter"]


def test_python_finds_the_whole_program_by_its_name(made: Recording) -> None:
    source = {f"inventory_exporter/{file.name}": file.read_text() for file in PROGRAM.glob("*.py")}
    (volume,) = [volume for volume in pod(made)["volumes"] if volume["name"] == "program"]
    data = made.called("exporter-program").inputs["data"]
    files = {item["path"]: data[item["key"]] for item in volume["configMap"]["items"]}

    assert {path: text for path, text in files.items() if path.startswith("inventory_exporter/")} == source
    assert "components/program_logging/lines.py" in files
    assert mounted(made)[settings(made)["PYTHONPATH"]] == "exporter-program-1a2b3c4d"


def test_a_changed_program_rolls_the_pod(made: Recording) -> None:
    for name in ("exporter-program", "exporter-settings", "exporter-database", "exporter-bucket"):
        assert made.called(name).inputs["immutable"] is True
        assert "name" not in made.called(name).metadata


def test_the_program_understands_its_settings(made: Recording) -> None:
    assert container(made)["envFrom"] == [{"configMapRef": {"name": "exporter-settings-1a2b3c4d"}}]
    assert Settings.of(settings(made)) == Settings(
        port=9465,
        server_role="mlflow",
        database_seconds=60,
        bucket="mlflow-artifacts",
        bucket_endpoint="https://minio.data-platform.svc.cluster.local:9000",
        bucket_seconds=600,
        bucket_pages=1000,
        backups=None,
    )


def test_the_password_is_in_a_connection_service_file_that_libpq_finds(made: Recording) -> None:
    directory, _, file = settings(made)["PGSERVICEFILE"].rpartition("/")
    content = made.called("exporter-database").inputs["stringData"][file]

    assert mounted(made)[directory] == "exporter-database-1a2b3c4d"
    assert content.splitlines() == [
        f"[{settings(made)['PGSERVICE']}]",
        "host=postgres-shared.data-platform.svc.cluster.local",
        "port=5432",
        "sslmode=verify-full",
        "sslrootcert=/etc/mlflow/authorities/database.pem",
        "dbname=mlflow",
        "user=mlflow_reader",
        f"password={READER_PASSWORD}",
    ]


def test_the_key_is_in_a_credentials_file_that_the_client_finds(made: Recording) -> None:
    directory, _, file = settings(made)["AWS_SHARED_CREDENTIALS_FILE"].rpartition("/")
    content = made.called("exporter-bucket").inputs["stringData"][file]

    assert mounted(made)[directory] == "exporter-bucket-1a2b3c4d"
    assert content.splitlines() == [
        "[default]",
        "aws_access_key_id = key-of-the-reader",
        f"aws_secret_access_key = {READER_SECRET}",
    ]


def test_no_credential_is_readable_or_in_the_environment(made: Recording) -> None:
    readable = [engine.as_text(resource) for resource in made]

    assert [text for text in readable for secret in (READER_PASSWORD, READER_SECRET) if secret in text] == []
    assert "env" not in container(made)


def test_the_authorities_lie_where_the_settings_say(made: Recording) -> None:
    directory, _, file = settings(made)["AWS_CA_BUNDLE"].rpartition("/")

    assert mounted(made)[directory] == "exporter-authorities-1a2b3c4d"
    assert made.called("exporter-authorities").inputs["data"] == {file: AUTHORITY, "database.pem": AUTHORITY}


def test_aws_and_a_database_without_tls_need_no_authority() -> None:
    made = deploy(
        database=database(ssl_mode="disable", ca_certificate=None), bucket=bucket(endpoint=None, ca_certificate=None)
    )

    assert {"EXPORTER_BUCKET_ENDPOINT", "AWS_CA_BUNDLE"} & set(settings(made)) == set()
    assert "sslrootcert" not in made.called("exporter-database").inputs["stringData"]["pg_service.conf"]
    assert [resource.name for resource in made if "authorities" in resource.name] == []
    assert made.called("exporter-edges").spec["egress"][2]["ports"][0]["port"] == 443


def test_the_exporter_is_reached_by_prometheus_only(made: Recording) -> None:
    (rule,) = made.called("exporter-edges").spec["ingress"]

    assert rule["ports"][0]["port"] == 9465
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def test_the_exporter_reaches_dns_the_database_and_the_bucket_only(made: Recording) -> None:
    dns, postgres, minio = made.called("exporter-edges").spec["egress"]

    assert {port["port"] for port in dns["ports"]} == {53}
    assert (postgres["ports"][0]["port"], postgres["to"][0]["podSelector"]["matchLabels"]["app"]) == (
        5432,
        "postgres-shared",
    )
    assert (minio["ports"][0]["port"], minio["to"][0]["podSelector"]["matchLabels"]["app"]) == (9000, "minio")
    assert made.called("exporter-edges").spec["policyTypes"] == ["Ingress", "Egress"]


def test_the_pod_satisfies_the_restricted_standard_without_a_token(made: Recording) -> None:
    context = container(made)["securityContext"]

    assert pod(made)["securityContext"]["runAsNonRoot"] is True
    assert pod(made)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert context["readOnlyRootFilesystem"] is True
    assert pod(made)["automountServiceAccountToken"] is False
    assert made.one("core/v1:ServiceAccount").inputs["automountServiceAccountToken"] is False


def test_the_probes_ask_the_program_and_not_what_it_looks_at(made: Recording) -> None:
    probes = [container(made)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]

    assert probes == [{"path": "/metrics", "port": "metrics"}] * 3


def test_prometheus_finds_the_numbers_at_a_port_of_the_pod(made: Recording) -> None:
    metrics = made.exports["metrics"]
    labels = made.one("apps/v1:Deployment").spec["template"]["metadata"]["labels"]

    assert (metrics["job"], metrics["path"]) == ("mlflow-exporter", "/metrics")
    assert {port["name"]: port["containerPort"] for port in container(made)["ports"]}[metrics["port"]] == 9465
    assert metrics["selector"].items() <= labels.items()


def test_a_drain_may_take_the_only_pod(made: Recording) -> None:
    budget = made.one("PodDisruptionBudget").spec

    assert (budget["maxUnavailable"], budget["selector"]["matchLabels"]) == (1, made.exports["selector"])


def test_the_rollout_waits_for_its_edges(made: Recording) -> None:
    assert made.called("exporter-edges").urn in made.one("apps/v1:Deployment").dependencies


def test_a_pull_secret_reaches_the_pod(made: Recording) -> None:
    assert pod(deploy(image_pull_secret="registry"))["imagePullSecrets"] == [{"name": "registry"}]  # noqa: S106 - a name
    assert "imagePullSecrets" not in pod(made)


def test_every_child_is_below_the_component_and_carries_its_name(made: Recording) -> None:
    component = made.one("monitoring:InventoryExporter")

    assert {resource.parent for resource in made.custom()} == {component.urn}
    assert all(resource.name.startswith("exporter-") for resource in made.custom())
    assert made.outputs_of[component.urn] == {"job": "mlflow-exporter"}


def test_a_first_preview_registers_what_an_update_does(made: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True)} == {resource.urn for resource in made}
