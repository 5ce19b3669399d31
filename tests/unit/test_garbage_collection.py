"""The component: the CronJob, its pod, and what may reach it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from components import garbage_collection
from components.contracts import NetworkPeer
from components.garbage_collection import GarbageCollection, GarbageCollectionArgs
from components.garbage_collection.program.settings import MESSAGE_FILE, Settings
from tests.unit import engine
from tests.unit.test_inventory_exporter import READER_PASSWORD, READER_SECRET, bucket, database

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

PROGRAM = Path(garbage_collection.__file__).with_name("program")


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register a collection named `gc`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given: dict[str, Any] = {
            "namespace": "data-platform",
            "cron_job": "mlflow-gc",
            "image": "ghcr.io/mlflow/mlflow:v3.17.2-full",
            "image_pull_secret": None,
            "database": database(user="mlflow"),
            "bucket": bucket(),
            "schedule": "17 1 * * *",
            "min_days": 30,
            "dry_run": False,
            "deadline": 3000,
        }
        made = GarbageCollection("gc", GarbageCollectionArgs(**{**given, **differences}))
        return {"cron_job": made.cron_job}

    return engine.run(program, preview=preview)


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


def job(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.called("gc-cron-job").spec["jobTemplate"]["spec"]
    return spec


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = job(recording)["template"]["spec"]
    return spec


def container(recording: Recording) -> dict[str, Any]:
    (only,) = pod(recording)["containers"]
    found: dict[str, Any] = only
    return found


def variables(recording: Recording) -> dict[str, str]:
    data: dict[str, str] = recording.called("gc-settings").inputs["data"]
    return data


def mounted(recording: Recording) -> dict[str, str]:
    """Name of the object behind each directory of the pod; empty for a scratch one."""
    sources = {
        volume["name"]: (volume.get("configMap") or {}).get("name")
        or (volume.get("secret") or {}).get("secretName", "")
        for volume in pod(recording)["volumes"]
    }
    return {mount["mountPath"]: sources[mount["name"]] for mount in container(recording)["volumeMounts"]}


def test_it_comes_when_the_schedule_says_by_utc_and_never_twice_at_a_time(made: Recording) -> None:
    spec = made.called("gc-cron-job").spec

    assert made.called("gc-cron-job").metadata["name"] == "mlflow-gc"
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("17 1 * * *", "UTC", "Forbid")
    assert spec["startingDeadlineSeconds"] == 1800
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (3, 3)


def test_only_the_programs_own_word_and_a_nodes_failure_lead_to_another_attempt(made: Recording) -> None:
    later, disrupted = job(made)["podFailurePolicy"]["rules"]

    assert later["onExitCodes"] == {"containerName": container(made)["name"], "operator": "In", "values": [75]}
    assert disrupted["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert {later["action"], disrupted["action"]} == {"Ignore"}
    assert (job(made)["backoffLimit"], pod(made)["restartPolicy"]) == (0, "Never")
    assert (job(made)["parallelism"], job(made)["completions"]) == (1, 1)


def test_it_ends_by_itself_before_kubernetes_ends_it() -> None:
    made = deploy(deadline=600)

    assert job(made)["activeDeadlineSeconds"] == 600
    assert Settings.of(variables(made)).work_seconds == 480
    assert pod(made)["terminationGracePeriodSeconds"] == 60


def test_the_pod_runs_the_program_in_the_servers_image(made: Recording) -> None:
    assert container(made)["image"] == "ghcr.io/mlflow/mlflow:v3.17.2-full"
    assert container(made)["command"] == ["python", "-m", "garbage_collection"]
    assert container(made)["terminationMessagePath"] == variables(made)[MESSAGE_FILE] == "/dev/termination-log"
    assert container(made)["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_python_finds_the_whole_program_by_its_name_and_what_it_imports_of_ours(made: Recording) -> None:
    source = {f"garbage_collection/{file.name}": file.read_text() for file in PROGRAM.glob("*.py")}
    (volume,) = [volume for volume in pod(made)["volumes"] if volume["name"] == "program"]
    data = made.called("gc-program").inputs["data"]
    files = {item["path"]: data[item["key"]] for item in volume["configMap"]["items"]}

    assert {path: text for path, text in files.items() if path.startswith("garbage_collection/")} == source
    assert {
        "components/database_session/lock.py",
        "components/program_logging/lines.py",
    } <= set(files)
    assert mounted(made)[variables(made)["PYTHONPATH"]] == "gc-program-1a2b3c4d"


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_program_understands_its_settings(*, dry_run: bool) -> None:
    made = deploy(min_days=7, dry_run=dry_run)

    assert container(made)["envFrom"] == [{"configMapRef": {"name": "gc-settings-1a2b3c4d"}}]
    assert Settings.of(variables(made)) == Settings(
        uri="postgresql+psycopg2://mlflow@postgres-shared.data-platform.svc.cluster.local:5432/mlflow"
        "?sslmode=verify-full&sslrootcert=/etc/mlflow/authorities/database.pem"
        "&connect_timeout=5&tcp_user_timeout=15000",
        bucket="mlflow-artifacts",
        min_days=7,
        dry_run=dry_run,
        work_seconds=2880,
        lock_seconds=60,
        turn_seconds=10,
        pause_seconds=10,
    )


def test_mlflow_finds_the_bucket_as_the_server_does(made: Recording) -> None:
    told = variables(made)

    assert told["MLFLOW_S3_ENDPOINT_URL"] == "https://minio.data-platform.svc.cluster.local:9000"
    assert told["MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"] == "path"
    assert mounted(made)[told["AWS_SHARED_CREDENTIALS_FILE"].rpartition("/")[0]] == "gc-bucket-1a2b3c4d"
    assert mounted(made)[told["AWS_CA_BUNDLE"].rpartition("/")[0]] == "gc-authorities-1a2b3c4d"


def test_the_password_is_in_a_connection_service_file_that_libpq_finds(made: Recording) -> None:
    directory, _, file = variables(made)["PGSERVICEFILE"].rpartition("/")
    content = made.called("gc-database").inputs["stringData"][file]

    assert mounted(made)[directory] == "gc-database-1a2b3c4d"
    assert content.splitlines() == [f"[{variables(made)['PGSERVICE']}]", f"password={READER_PASSWORD}"]


def test_no_credential_is_readable_or_in_the_environment(made: Recording) -> None:
    readable = [engine.as_text(resource) for resource in made]

    assert [text for text in readable for secret in (READER_PASSWORD, READER_SECRET) if secret in text] == []
    assert "env" not in container(made)


def test_aws_and_a_database_without_tls_need_no_authority() -> None:
    made = deploy(
        database=database(ssl_mode="disable", ca_certificate=None), bucket=bucket(endpoint=None, ca_certificate=None)
    )
    endpoint = {"MLFLOW_S3_ENDPOINT_URL", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE", "AWS_CA_BUNDLE"}

    assert endpoint & set(variables(made)) == set()
    assert [resource.name for resource in made if "authorities" in resource.name] == []
    assert made.called("gc-edges").spec["egress"][2]["ports"][0]["port"] == 443


def test_nobody_reaches_the_pod_and_it_reaches_dns_the_database_and_the_bucket_only(made: Recording) -> None:
    policy = made.called("gc-edges").spec
    dns, postgres, minio = policy["egress"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert {port["port"] for port in dns["ports"]} == {53}
    assert (postgres["ports"][0]["port"], postgres["to"][0]["podSelector"]["matchLabels"]["app"]) == (
        5432,
        "postgres-shared",
    )
    assert (minio["ports"][0]["port"], minio["to"][0]["podSelector"]["matchLabels"]["app"]) == (9000, "minio")
    assert policy["podSelector"]["matchLabels"].items() <= job(made)["template"]["metadata"]["labels"].items()


def test_an_edge_that_is_not_given_is_not_open() -> None:
    made = deploy(bucket=bucket(peers=[]), database=database(peers=[NetworkPeer(cidr="10.0.0.5/32")]))

    assert [rule["to"] for rule in made.called("gc-edges").spec["egress"]][1:] == [
        [{"ipBlock": {"cidr": "10.0.0.5/32"}}]
    ]


def test_the_cron_job_waits_for_its_edges(made: Recording) -> None:
    assert made.called("gc-edges").urn in made.called("gc-cron-job").dependencies


def test_a_pull_secret_reaches_the_pod(made: Recording) -> None:
    assert pod(deploy(image_pull_secret="registry"))["imagePullSecrets"] == [{"name": "registry"}]  # noqa: S106 - a name
    assert "imagePullSecrets" not in pod(made)


def test_every_child_is_below_the_component_and_carries_its_name(made: Recording) -> None:
    component = made.one("server:GarbageCollection")

    assert {resource.parent for resource in made.custom()} == {component.urn}
    assert all(resource.name.startswith("gc-") for resource in made.custom())
    assert made.outputs_of[component.urn] == {"cronJob": "mlflow-gc"}
    assert made.exports["cron_job"] == "mlflow-gc"


def test_a_first_preview_registers_what_an_update_does(made: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True)} == {resource.urn for resource in made}


def test_it_comes_after_the_server_and_so_after_the_migration(prod: Recording) -> None:
    assert prod.called("mlflow-service").urn in prod.called("gc-cron-job").dependencies


def test_it_works_with_the_servers_own_login_and_key(prod: Recording) -> None:
    for volume in ("database", "bucket"):
        own, servers = (prod.called(f"{owner}-{volume}").inputs["stringData"] for owner in ("gc", "mlflow"))
        assert own == servers


def test_the_alert_looks_at_the_jobs_of_this_cron_job(prod: Recording) -> None:
    (rule,) = [
        rule
        for group in prod.one(":PrometheusRule").spec["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "MLFlowGarbageCollectionFailed"
    ]

    assert f'job_name=~"{prod.called("gc-cron-job").metadata["name"]}-.+"' in rule["expr"]


def test_without_it_there_is_nothing_of_it(deployed: Deploy) -> None:
    made = deployed("prod", garbageCollection=False)

    assert [resource.name for resource in made if resource.name.startswith("gc")] == []


def test_its_pod_is_hardened_and_never_one_of_the_servers(prod: Recording) -> None:
    template = job(prod)["template"]
    context = template["spec"]["containers"][0]["securityContext"]
    wanted = prod.called("mlflow-service").spec["selector"]

    assert not wanted.items() <= template["metadata"]["labels"].items()
    assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
    assert context["readOnlyRootFilesystem"] is True
    assert template["spec"]["securityContext"]["runAsNonRoot"] is True
    assert template["spec"]["automountServiceAccountToken"] is False
    assert template["spec"]["enableServiceLinks"] is False
