"""The exporter inside the whole platform."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pytest

from stacks.inventory import inventory
from stacks.settings import load_settings
from stacks.stores import stores
from tests.unit import engine, stack_files
from tests.unit.test_exporter_settings import EXISTING, WANTED
from tests.unit.test_inventory_exporter import bucket

if TYPE_CHECKING:
    from pathlib import Path

    from components.mlflow_server import MlflowServer
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording


@pytest.fixture(scope="module")
def counted(deployed: Deploy) -> Recording:
    return deployed("prod", backup=False, **WANTED)


def service_file(recording: Recording) -> list[str]:
    content: str = recording.called("exporter-database").inputs["stringData"]["pg_service.conf"]
    return content.splitlines()


def key_file(recording: Recording) -> str:
    content: str = recording.called("exporter-bucket").inputs["stringData"]["credentials"]
    return content


def test_the_exporter_reads_by_the_role_and_the_key_that_are_made_for_it(counted: Recording) -> None:
    assert {"user=mlflow_reader", f"password={WANTED['databaseReaderPassword']}"} <= set(service_file(counted))
    assert counted.called("exporter-settings").inputs["data"]["EXPORTER_SERVER_ROLE"] == "mlflow"
    assert counted.called("artifacts-reader-account").urn in counted.called("exporter-bucket").dependencies
    assert counted.called("backend-reader-tables").urn in counted.called("exporter-database").dependencies


def test_the_migration_waits_until_the_tables_that_it_makes_will_be_readable(counted: Recording) -> None:
    assert counted.called("backend-reader-future-tables").urn in counted.called("mlflow-migration").dependencies


def test_the_exporter_of_stores_that_exist_logs_in_as_configured(deployed: Deploy) -> None:
    recording = deployed("prod", backup=False, **WANTED, **EXISTING, databaseReaderUser="counting")

    assert {"user=counting", f"password={WANTED['databaseReaderPassword']}"} <= set(service_file(recording))
    assert f"aws_access_key_id = {EXISTING['artifactReaderAccessKey']}" in key_file(recording)
    assert f"aws_secret_access_key = {EXISTING['artifactReaderSecretKey']}" in key_file(recording)
    assert [resource.name for resource in recording if "reader" in resource.name] == []


def test_prometheus_is_told_of_the_exporter(counted: Recording) -> None:
    (monitor,) = [each for each in counted.of_type(":PodMonitor") if each.metadata["name"] == "mlflow-exporter"]
    labels = counted.called("exporter-deployment").spec["template"]["metadata"]["labels"]

    assert monitor.spec["selector"]["matchLabels"].items() <= labels.items()


def test_the_exporter_comes_after_the_server(counted: Recording) -> None:
    assert counted.called("mlflow-service").urn in counted.called("exporter-deployment").dependencies


def test_no_secret_of_the_exporter_is_readable(counted: Recording) -> None:
    readable = {resource.name: str(resource.plain) for resource in counted}

    assert [name for name, text in readable.items() if WANTED["databaseReaderPassword"] in text] == []


def test_without_an_exporter_there_is_no_role_and_no_key_that_reads(deployed: Deploy) -> None:
    recording = deployed("prod", backup=False, exporter=False)

    assert [resource.name for resource in recording if "reader" in resource.name or "exporter" in resource.name] == []


@pytest.mark.parametrize("exporter", [True, False])
def test_the_bucket_of_backups_reaches_the_exporter_where_there_is_one(tmp_path: Path, *, exporter: bool) -> None:
    given = {**WANTED, "exporter": exporter, "alerts": exporter, "dashboards": exporter}
    settings = load_settings(stack_files.reader("prod", tmp_path, **given))
    server = cast("MlflowServer", SimpleNamespace(namespace="data-platform"))
    backups = bucket(bucket="mlflow-backups", region="eu-west-1")

    def program() -> dict[str, Any]:
        inventory(settings, stores(settings), server, pulumi.ResourceOptions(), backups)
        return {}

    told = [each.inputs["data"] for each in engine.run(program) if each.name == "exporter-settings"]
    assert [data["EXPORTER_BACKUPS_BUCKET"] for data in told] == ["mlflow-backups"] * exporter
