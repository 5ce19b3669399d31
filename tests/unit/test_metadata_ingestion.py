"""The component: the CronJob, its pod and recipe, and what it may reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.contracts import NetworkPeer, ServiceAddress
from components.metadata_ingestion import DataHubArgs, MetadataIngestion, MetadataIngestionArgs, ingestion_peer
from mlflow_ingestion import recipe
from mlflow_ingestion.failures import ExitCode
from tests.pod_files import lay_out
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

TOKEN: str = stack_files.DATAHUB["datahubToken"]
SERVER = {"app": "mlflow", "app.kubernetes.io/component": "server"}


def datahub(**differences: Any) -> DataHubArgs:
    given: dict[str, Any] = {
        "url": "http://datahub-gms.datahub.svc:8080",
        "token": pulumi.Output.secret(TOKEN),
        "ca_certificate": None,
        "peers": [NetworkPeer(namespace="datahub", pod_labels={"app": "gms"})],
    }
    return DataHubArgs(**{**given, **differences})


def deploy(*, preview: bool = False, **differences: Any) -> Recording:
    """Register an ingestion named `ingestion`; `differences` replace arguments."""

    def program() -> dict[str, Any]:
        given: dict[str, Any] = {
            "namespace": "data-platform",
            "cron_job": "mlflow-ingestion",
            "image": stack_files.DATAHUB["datahubImage"],
            "image_pull_secret": None,
            "server": ServiceAddress(name="mlflow", namespace="data-platform", port=5000),
            "server_selector": SERVER,
            "public_url": pulumi.Output.from_input("https://mlflow.example.com"),
            "datahub": datahub(),
            "pipeline": "mlflow-mlflow.example.com",
            "environment": "PROD",
            "schedule": "37 * * * *",
            "deadline": 3000,
        }
        made = MetadataIngestion("ingestion", MetadataIngestionArgs(**{**given, **differences}))
        return {"cron_job": made.cron_job}

    return engine.run(program, preview=preview)


@pytest.fixture(scope="module")
def made() -> Recording:
    return deploy()


def job(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = recording.called("ingestion-cron-job").spec["jobTemplate"]["spec"]
    return spec


def pod(recording: Recording) -> dict[str, Any]:
    spec: dict[str, Any] = job(recording)["template"]["spec"]
    return spec


def written(recording: Recording) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(recording.called("ingestion-recipe").inputs["data"]["recipe.yaml"])
    return content


def test_it_runs_by_its_schedule_one_at_a_time(made: Recording) -> None:
    spec = made.called("ingestion-cron-job").spec

    assert (spec["schedule"], spec["concurrencyPolicy"], spec["suspend"]) == ("37 * * * *", "Forbid", False)
    assert job(made)["activeDeadlineSeconds"] == 3000


def test_only_an_end_that_asks_for_it_is_tried_again(made: Recording) -> None:
    ignored = job(made)["podFailurePolicy"]["rules"][0]["onExitCodes"]

    assert job(made)["backoffLimit"] == 0
    assert (ignored["values"], ignored["containerName"]) == ([ExitCode.RETRY_LATER], "ingestion")


def test_the_program_takes_the_recipe_as_it_is_written(made: Recording, tmp_path: Path) -> None:
    laid_out = lay_out(pod(made), made, tmp_path)
    (file,) = [word.removeprefix("--recipe=") for word in laid_out.command if word.startswith("--recipe=")]
    read = recipe.read(tmp_path / file.removeprefix(f"{tmp_path}/"))

    assert laid_out.command[:3] == ["python", "-m", "mlflow_ingestion"]
    assert read.tracking_uri == "http://mlflow.data-platform.svc.cluster.local:5000"
    assert read.datahub == "DataHub at http://datahub-gms.datahub.svc:8080"


def test_the_recipe_links_to_the_public_host_and_names_the_pipeline_of_the_platform(made: Recording) -> None:
    config = written(made)["source"]["config"]

    assert written(made)["pipeline_name"] == "mlflow-mlflow.example.com"
    assert (config["base_external_url"], config["env"]) == ("https://mlflow.example.com", "PROD")
    assert config["stateful_ingestion"] == {"enabled": True, "remove_stale_metadata": True, "fail_safe_threshold": 75.0}


def test_the_token_is_a_file_and_nowhere_else(made: Recording) -> None:
    auth = written(made)["sink"]["config"]["auth"]["config"]
    mounts = {mount["mountPath"]: mount["name"] for mount in pod(made)["containers"][0]["volumeMounts"]}

    assert auth == {"token_file": "/etc/mlflow-ingestion/token/token"}
    assert mounts["/etc/mlflow-ingestion/token"] == "token"
    assert made.called("ingestion-token").inputs["stringData"] == {"token": TOKEN}
    assert [resource.name for resource in made if TOKEN in engine.as_text(resource)] == []


def test_a_datahub_that_asks_for_no_token_gets_none() -> None:
    made = deploy(datahub=datahub(token=None))

    assert written(made)["sink"]["config"] == {"server": "http://datahub-gms.datahub.svc:8080"}
    assert [resource.name for resource in made if "token" in resource.name] == []


def test_an_authority_of_ones_own_is_trusted_for_datahub() -> None:
    made = deploy(datahub=datahub(url="https://gms", ca_certificate="-----BEGIN CERTIFICATE-----"))

    assert written(made)["sink"]["config"]["ca_certificate_path"] == "/etc/mlflow-ingestion/authorities/datahub.pem"
    assert made.called("ingestion-authorities").inputs["data"] == {"datahub.pem": "-----BEGIN CERTIFICATE-----"}


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://gms", 80), ("https://gms/api/gms", 443), ("http://gms:8080", 8080), ("https://gms:9443/gms", 9443)],
)
def test_nobody_reaches_the_pod_and_it_reaches_dns_the_server_and_datahub_only(url: str, port: int) -> None:
    policy = deploy(datahub=datahub(url=url)).called("ingestion-edges").spec
    dns, server, catalogue = policy["egress"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert {each["port"] for each in dns["ports"]} == {53}
    assert (server["ports"][0]["port"], server["to"][0]["podSelector"]["matchLabels"]) == (5000, SERVER)
    assert (catalogue["ports"][0]["port"], catalogue["to"][0]["podSelector"]["matchLabels"]) == (port, {"app": "gms"})


def test_the_peer_of_others_policies_is_the_pod_that_is_made(made: Recording) -> None:
    labels = job(made)["template"]["metadata"]["labels"]

    assert ingestion_peer("ingestion").pod_labels.items() <= labels.items()
    assert ingestion_peer("ingestion").pod_labels == made.called("ingestion-edges").spec["podSelector"]["matchLabels"]


def test_the_cron_job_waits_for_its_edges(made: Recording) -> None:
    assert made.called("ingestion-edges").urn in made.called("ingestion-cron-job").dependencies


def test_a_pull_secret_reaches_the_pod(made: Recording) -> None:
    assert pod(deploy(image_pull_secret="registry"))["imagePullSecrets"] == [{"name": "registry"}]  # noqa: S106 - a name
    assert "imagePullSecrets" not in pod(made)


def test_every_child_is_below_the_component_and_carries_its_name(made: Recording) -> None:
    component = made.one("integrations:MetadataIngestion")

    assert {resource.parent for resource in made.custom()} == {component.urn}
    assert all(resource.name.startswith("ingestion-") for resource in made.custom())
    assert made.outputs_of[component.urn] == {"cronJob": "mlflow-ingestion"}
    assert made.exports["cron_job"] == "mlflow-ingestion"


def test_a_first_preview_registers_what_an_update_does(made: Recording) -> None:
    assert {resource.urn for resource in deploy(preview=True)} == {resource.urn for resource in made}


@pytest.fixture(scope="module")
def told(deployed: Deploy) -> Recording:
    """Production with a DataHub."""
    return deployed("prod", **stack_files.DATAHUB)


def test_the_server_lets_the_ingestion_in(told: Recording) -> None:
    (rule, *_) = told.called("mlflow-server-edges").spec["ingress"]
    labels = job(told)["template"]["metadata"]["labels"]

    assert any(peer["podSelector"]["matchLabels"].items() <= labels.items() for peer in rule["from"])


def test_it_comes_after_the_server_and_links_to_where_people_log_in(told: Recording) -> None:
    assert told.called("mlflow-service").urn in told.called("ingestion-cron-job").dependencies
    assert (
        written(told)["source"]["config"]["base_external_url"] == told.exports["url"] == "https://mlflow.254carbon.com"
    )
    assert written(told)["pipeline_name"] == "mlflow-mlflow.254carbon.com"


def test_the_alerts_look_at_this_cron_job(told: Recording) -> None:
    name = told.called("ingestion-cron-job").metadata["name"]
    rules = [rule for group in told.one(":PrometheusRule").spec["groups"] for rule in group["rules"]]
    too_old, failed = (rule for rule in rules if "Ingestion" in rule.get("alert", ""))

    assert f'cronjob="{name}"' in too_old["expr"]
    assert f'job_name=~"{name}-.+"' in failed["expr"]


def test_without_a_datahub_there_is_nothing_of_it(dev: Recording, prod: Recording) -> None:
    assert [each.name for made in (dev, prod) for each in made if each.name.startswith("ingestion")] == []
    assert "Ingestion" not in str(prod.one(":PrometheusRule").spec)
    assert stack_files.schema()["datahubUrl"]["default"] == ""
