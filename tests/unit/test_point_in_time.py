from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pyrage
import pytest

from components.contracts import BucketAccess, DatabaseConnection, NetworkPeer
from components.point_in_time import PointInTime, PointInTimeArgs, VolumeArgs
from mlflow_backup.point_in_time.settings import RunSettings
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine import Recording

AUTHORITY = stack_files.CERTIFICATE
PASSWORD, SECRET = "staple-of-the-log", "secret-of-the-writer"
RECIPIENTS = (str(pyrage.x25519.Identity.generate().to_public()),)


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register a receiver named `pitr`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given: dict[str, Any] = {
            "namespace": "data-platform",
            "name": "mlflow-point-in-time",
            "image": "registry.example.com/mlflow-backup:1.0",
            "image_pull_secret": None,
            "platform": "mlflow.example.com/mlflow",
            "server": DatabaseConnection(
                host="postgres-shared.data-platform.svc.cluster.local",
                port=5432,
                database="postgres",
                user="log_reader",
                password=pulumi.Output.secret(PASSWORD),
                ssl_mode="verify-full",
                ca_certificate=AUTHORITY,
                peers=[NetworkPeer(namespace="data-platform", pod_labels={"app": "postgres-shared"})],
            ),
            "bucket": BucketAccess(
                bucket="mlflow-backups",
                endpoint="https://backups.example.com:9000",
                region="us-east-1",
                access_key=pulumi.Output.secret("key-of-the-writer"),
                secret_key=pulumi.Output.secret(SECRET),
                ca_certificate=AUTHORITY,
                peers=[NetworkPeer(cidr="203.0.113.7/32")],
            ),
            "recipients": RECIPIENTS,
            "base_hours": 12,
            "volume": VolumeArgs(size="30Gi", claim=True, storage_class="fast"),
        }
        return {"selector": PointInTime("pitr", PointInTimeArgs(**{**given, **differences})).selector}

    return engine.run(program, preview=preview)


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


def workload(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.one("apps/v1:StatefulSet").spec
    return spec


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = workload(recording)["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    only: dict[str, Any] = pod(recording)["containers"][0]
    return only


def settings(recording: Recording) -> dict[str, str]:
    variables: dict[str, str] = recording.called("pitr-settings").inputs["data"]
    return variables


def test_one_pod_at_a_time_receives_the_log(made: Recording) -> None:
    assert made.one("apps/v1:StatefulSet").metadata["name"] == "mlflow-point-in-time"
    assert workload(made)["replicas"] == 1
    assert container(made)["command"] == ["python", "-m", "mlflow_backup", "pitr-run"]
    assert container(made)["image"] == "registry.example.com/mlflow-backup:1.0"


def test_the_program_understands_its_settings_and_files(made: Recording, tmp_path: Path) -> None:
    """The files of the pod are laid out below a folder, and the paths of the settings are led there."""
    content = {
        "/etc/mlflow/public": made.called("pitr-public").inputs["data"],
        "/etc/mlflow/database": made.called("pitr-database").inputs["stringData"],
        "/etc/mlflow/bucket": made.called("pitr-bucket").inputs["stringData"],
        "/var/lib/mlflow-pitr": {},
    }
    mounted = {mount["mountPath"] for mount in container(made)["volumeMounts"]}
    assert mounted == {*content, "/tmp"}  # noqa: S108 - of the pod
    for folder, files in content.items():
        place = tmp_path / folder.lstrip("/")
        place.mkdir(parents=True)
        for name, text in files.items():
            (place / name).write_text(text)
    variables = {
        name: f"{tmp_path}{value}" if value.startswith(("/etc/", "/var/")) else value
        for name, value in settings(made).items()
    }

    read = RunSettings.of(variables)

    assert (read.platform, read.service, read.base_hours) == ("mlflow.example.com/mlflow", "log", 12)
    assert (read.target.endpoint, read.target.bucket) == ("https://backups.example.com:9000", "mlflow-backups")
    assert (read.target.access_key, read.target.secret_key) == ("key-of-the-writer", SECRET)
    assert len(read.recipients.keys) == 1
    login = made.called("pitr-database").inputs["stringData"]["pg_service.conf"].splitlines()
    assert {"user=log_reader", "dbname=postgres", f"password={PASSWORD}"} <= set(login)
    assert "sslrootcert=/etc/mlflow/public/database.pem" in login


def test_no_credential_is_readable_or_in_the_environment(made: Recording) -> None:
    readable = [engine.as_text(resource) for resource in made]

    assert [text for text in readable for secret in (PASSWORD, SECRET) if secret in text] == []
    assert "env" not in container(made)


def test_what_was_received_outlives_the_pod_on_a_volume_of_its_own(made: Recording) -> None:
    (claim,) = workload(made)["volumeClaimTemplates"]

    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"] == {"storage": "30Gi"}
    assert {"name": claim["metadata"]["name"], "mountPath": "/var/lib/mlflow-pitr"} in container(made)["volumeMounts"]


def test_without_a_storage_class_the_volume_is_of_the_clusters_default_class() -> None:
    (claim,) = workload(deploy(volume=VolumeArgs(size="5Gi", claim=True, storage_class=None)))["volumeClaimTemplates"]

    # An empty name would ask for a volume without any class.
    assert "storageClassName" not in claim["spec"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_without_a_claim_it_is_a_directory_of_the_pod() -> None:
    made = deploy(volume=VolumeArgs(size="5Gi", claim=False, storage_class=None))

    assert "volumeClaimTemplates" not in workload(made)
    (volume,) = [volume for volume in pod(made)["volumes"] if volume["name"] == "log"]
    assert volume["emptyDir"] == {"sizeLimit": "5Gi"}
    assert {"name": "log", "mountPath": "/var/lib/mlflow-pitr"} in container(made)["volumeMounts"]


def test_nobody_reaches_it_and_it_reaches_the_server_and_the_bucket_only(made: Recording) -> None:
    policy = made.called("pitr-edges").spec
    dns, postgres, bucket = policy["egress"]

    assert "ingress" not in policy
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert (postgres["ports"][0]["port"], bucket["ports"][0]["port"]) == (5432, 9000)
    assert bucket["to"] == [{"ipBlock": {"cidr": "203.0.113.7/32"}}]


def test_the_pod_satisfies_the_restricted_standard_without_a_token(made: Recording) -> None:
    context = container(made)["securityContext"]

    assert pod(made)["securityContext"]["runAsNonRoot"] is True
    assert pod(made)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert context["readOnlyRootFilesystem"] is True
    assert pod(made)["automountServiceAccountToken"] is False


def test_it_starts_again_where_it_has_come_to_a_halt_and_not_where_others_are_away(made: Recording) -> None:
    command = container(made)["livenessProbe"]["exec"]["command"]

    assert command == ["sh", "-c", 'test -n "$(find /var/lib/mlflow-pitr/alive -mmin -15)"']
    assert "readinessProbe" not in container(made)


def test_the_rollout_waits_for_its_edges(made: Recording) -> None:
    assert made.called("pitr-edges").urn in made.one("apps/v1:StatefulSet").dependencies


def test_aws_and_a_database_without_tls_need_no_authority() -> None:
    def plain() -> dict[str, Any]:
        key = pulumi.Output.secret("key")
        return {
            "server": DatabaseConnection(
                host="db", port=5432, database="postgres", user="log_reader", password=key, ssl_mode="require",
                ca_certificate=None, peers=[],
            ),
            "bucket": BucketAccess(
                bucket="b", endpoint=None, region="eu-west-1", access_key=key, secret_key=key, ca_certificate=None,
                peers=[],
            ),
        }  # fmt: skip

    made = deploy(**plain())

    assert {"BACKUP_TARGET_ENDPOINT", "BACKUP_TARGET_CA_FILE"} & set(settings(made)) == set()
    assert set(made.called("pitr-public").inputs["data"]) == {"recipients"}


def test_every_child_is_below_the_component_and_carries_its_name(made: Recording) -> None:
    component = made.one("backup:PointInTime")

    assert {resource.parent for resource in made.custom()} == {component.urn}
    assert all(resource.name.startswith("pitr-") for resource in made.custom())


def test_a_first_preview_registers_what_an_update_does(made: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True)} == {resource.urn for resource in made}
