"""Each bad value gets a message that names the key, what is wrong, what would happen, and the fix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config

from stacks.config_reader import ConfigError, ConfigReader
from stacks.settings import load_settings
from tests.unit import (
    stack_files,
    test_access_settings,
    test_alert_settings,
    test_backup_settings,
    test_canary_settings,
    test_catalog_settings,
    test_dashboard_settings,
    test_exporter_settings,
    test_garbage_collection_settings,
    test_metadata_ingestion_settings,
    test_monitoring_settings,
    test_point_in_time_settings,
    test_rotation_settings,
)
from tests.unit.engine import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.settings import Settings


def load(directory: Path, **overrides: Any) -> Settings:
    return load_settings(stack_files.reader("dev", directory, **overrides))


def complaints(directory: Path, *, plain: frozenset[str] = frozenset(), **overrides: Any) -> list[str]:
    """Lines of the error message, without its head."""
    with pytest.raises(ConfigError) as caught:
        load_settings(stack_files.reader("dev", directory, plain=plain, **overrides))
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_both_stacks_are_sound_once_their_secrets_are_given(stack: str, tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader(stack, tmp_path))

    assert settings.route.host == {"dev": "mlflow.local", "prod": "mlflow.254carbon.com"}[stack]


BAD_VALUES: list[tuple[str, Any, str]] = [
    ("namespace", "Data_Platform", "is not a name of lower-case letters"),
    ("namespaceCreate", "maybe", "is neither true nor false"),
    ("host", "", "is empty"),
    ("host", "https://mlflow.local", "is a URL, not a host name"),
    ("host", "10.0.0.1", "is an address, not a host name"),
    ("host", "*.example.com", "is not a DNS name"),
    ("host", "Mlflow.local", "is not a DNS name"),
    ("host", "mlflow.local:80", "is not a DNS name"),
    ("ingressClass", "NGINX!", "is not a DNS name"),
    ("ingressAnnotations", {"size": 0}, "size is not a text"),
    ("ingressAnnotations", "none", "is not a mapping"),
    ("tlsRequired", True, "is true, but there is no certificate"),
    ("tlsRequired", "on", "is neither true nor false"),
    ("tlsSecret", "My Secret", "is not a DNS name"),
    ("tlsCertificateFile", "/does/not/exist.pem", "does not exist"),
    ("image", "", "is not an image reference"),
    ("image", "mlflow", "has no fixed tag and no digest"),
    ("image", "ghcr.io/mlflow/mlflow:latest", "has no fixed tag and no digest"),
    ("image", "mlflow:3 17", "is not an image reference"),
    ("imagePullSecret", "a/b", "is not a DNS name"),
    ("replicas", 0, "is not a whole number from 1 to 50"),
    ("replicas", "two", "is not a whole number from 1 to 50"),
    ("replicas", "", "is not a whole number from 1 to 50"),
    ("maxReplicas", 2, "is not above replicas (2)"),
    ("maxReplicas", -1, "is not a whole number from 0 to 100"),
    ("autoscaleCpuPercent", 100, "is not a whole number from 10 to 95"),
    ("workers", 0, "is not a whole number from 1 to 32"),
    ("cpuRequest", "half", "is not a Kubernetes quantity"),
    ("cpuRequest", "2000m", "is more than cpuLimit (1000m)"),
    ("cpuLimit", "0", "is not a Kubernetes quantity above 0"),
    ("memoryRequest", "1 Gi", "is not a Kubernetes quantity"),
    ("memoryRequest", "3Gi", "is more than memoryLimit (2Gi)"),
    ("memoryLimit", "-1Gi", "is not a Kubernetes quantity"),
    ("tmpSize", "", "is not a Kubernetes quantity"),
    ("artifactDelivery", "direct", "is not one of proxied, presigned"),
    ("extraAllowedHosts", ["*"], "is not HOST or HOST:PORT"),
    ("extraAllowedHosts", ["http://x"], "is not HOST or HOST:PORT"),
    ("ingressPeers", [], "is empty"),
    ("clientPeers", [{}], "item 1 is empty, which would mean everybody"),
    ("clientPeers", ["x"], "item 1 is not a mapping"),
    ("clientPeers", "x", "is not a list"),
    ("metricsPeers", [{"namespace": "Monitoring"}], "which is not a name of lower-case letters"),
    ("metricsPeers", [{"podLabels": {"app": 1}}], "has podLabels that are not a mapping of texts"),
    ("databasePeers", [], "is empty"),
    ("databasePeers", "x", "is not a list"),
    ("databasePeers", [{"cidr": "10.0.0.1/24"}], "which is not a block of addresses"),
    ("databasePeers", [{"cidr": "10.0.0.0/24", "namespace": "x"}], "has a cidr and pods"),
    ("databasePeers", [{"pods": {}}], "has the unknown field 'pods'"),
    ("databaseProvision", "yes", "is neither true nor false"),
    ("databaseHost", "postgres:5432", "is not a DNS name"),
    ("databasePort", 65536, "is not a whole number from 1 to 65535"),
    ("databaseName", "Ml Flow", "is not lower-case letters"),
    ("databaseUser", "pg_mlflow", "is reserved by PostgreSQL"),
    ("databasePassword", "", "is not set"),
    ("databasePassword", " padded", "has white space at an end"),
    ("databasePassword", "two\nlines", "has white space at an end or a control character"),
    ("databaseConnectionLimit", 68, "68 is less than the 69 connections"),
    ("databasePoolSize", 0, "is not a whole number from 1 to 50"),
    ("databaseMaxOverflow", 0, "is not a whole number from 1 to 50"),
    ("databaseSslMode", "prefer", "is not one of verify-full, verify-ca, require, disable"),
    ("databaseCaFile", "", "is not set, but databaseSslMode is verify-full"),
    ("databaseCaFile", "/does/not/exist.pem", "does not exist"),
    ("databaseAdminHost", "a b", "is not a DNS name"),
    ("databaseAdminPort", 70000, "is not a whole number from 0 to 65535"),
    ("databaseAdminUser", "", "is not set"),
    ("databaseAdminUser", "mlflow", "is databaseUser too"),
    ("databaseAdminPassword", "", "is not set"),
    ("databaseAdminSuperuser", "", "is neither true nor false"),
    ("artifactProvision", "1", "is neither true nor false"),
    ("artifactBucket", "ab", "is not 3 to 63 lower-case letters"),
    ("artifactBucket", "192.168.0.1", "looks like an address"),
    ("artifactBucket", "a..b", "is not 3 to 63 lower-case letters"),
    ("artifactEndpoint", "minio:9000", "is not of the form https://HOST:PORT"),
    ("artifactEndpoint", "https://minio:9000/bucket", "has more than scheme, host and port"),
    ("artifactEndpoint", "https://minio:9000#bucket", "has more than scheme, host and port"),
    ("artifactEndpoint", "https://minio:port", "has a port that is none"),
    ("artifactEndpoint", "", "is empty, which means AWS S3"),
    ("artifactRegion", "", "is not a name of lower-case letters"),
    ("artifactCaFile", "/", "is a directory"),
    ("artifactPeers", [], "is empty"),
    ("migrationDeadline", 10, "is not a whole number from 30 to 86400"),
    ("artifactNoncurrentDays", 0, "is not a whole number from 1 to 3650"),
    ("artifactAdminServer", "", "is not set"),
    ("artifactAdminServer", "https://minio:9000", "is not HOST:PORT"),
    ("artifactAdminServer", "minio:0", "is not HOST:PORT"),
    ("artifactAdminServer", "minio:65536", "is not HOST:PORT"),
    ("artifactAdminUser", "", "is not set"),
    ("artifactAdminPassword", "", "is not set"),
    ("protectData", "perhaps", "is neither true nor false"),
]


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES, ids=lambda part: str(part)[:40])
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, **{key: value})

    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert "; " in line
    assert ". Fix: " in line


@pytest.mark.parametrize("seconds", [30, 86400])
def test_both_ends_of_a_range_belong_to_it(seconds: int, tmp_path: Path) -> None:
    assert load(tmp_path, migrationDeadline=seconds).migration_deadline == seconds


def test_every_key_that_can_be_wrong_has_a_test() -> None:
    cannot_be_wrong = {"kubeContext", "backupAdminUser"}
    together = {"tlsPrivateKey", "artifactAccessKey", "artifactSecretKey"}

    elsewhere = (
        test_access_settings,
        test_alert_settings,
        test_backup_settings,
        test_canary_settings,
        test_catalog_settings,
        test_dashboard_settings,
        test_exporter_settings,
        test_garbage_collection_settings,
        test_metadata_ingestion_settings,
        test_monitoring_settings,
        test_point_in_time_settings,
        test_rotation_settings,
    )
    tested = {key for table in (BAD_VALUES, *(module.BAD_VALUES for module in elsewhere)) for key, _, _ in table}

    assert set(stack_files.schema()) == tested | cannot_be_wrong | together


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    lines = complaints(tmp_path, replicas=0, host="", databasePassword="", replica="3")

    assert [line.split(":")[1] for line in lines] == ["host", "replicas", "databasePassword", "replica"]


def test_a_mistyped_key_is_told_with_the_right_one(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, databasePasword="x")

    assert "databasePasword: is not a key of this project" in line
    assert "did you mean databasePassword?" in line


def test_a_key_that_resembles_nothing_is_told_all_the_same(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, zzz="x")

    assert line.endswith("Fix: pulumi config rm zzz")


@pytest.mark.parametrize("key", sorted(stack_files.SECRETS))
def test_a_secret_in_plain_text_is_refused_without_being_shown(key: str, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, plain=frozenset({key}))

    assert "is stored as plain text" in line
    assert stack_files.SECRETS[key] not in line


def test_no_message_shows_a_secret(tmp_path: Path) -> None:
    lines = complaints(tmp_path, databasePassword=" hush ", databaseAdminPassword=" hush ", replicas=0)

    assert [line for line in lines if "hush" in line] == []


@pytest.mark.parametrize("key", ["artifactAccessKey", "artifactSecretKey"])
def test_an_existing_bucket_needs_its_key(key: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"artifactAccessKey": "id", "artifactSecretKey": "secret"} | {key: ""}
    (line,) = complaints(tmp_path, artifactProvision=False, **given)

    assert f"{key}: is not set; artifactProvision is false" in line


@pytest.mark.parametrize(("content", "what"), [("nothing", "holds no PEM certificate"), ("é", "is not a PEM file")])
def test_a_file_that_is_no_certificate_is_refused(content: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.pem").write_text(content)
    (line,) = complaints(tmp_path, databaseCaFile=str(tmp_path / "wrong.pem"))

    assert what in line


def test_every_key_is_described() -> None:
    keys = stack_files.schema()

    assert [key for key, declared in keys.items() if not {"type", "description", "default"} <= set(declared)] == []


def test_no_default_is_a_secret() -> None:
    keys = stack_files.schema().items()

    assert {declared["default"] for _, declared in keys if declared["description"].startswith("Secret:")} == {""}


def test_the_stack_is_read_from_what_the_language_host_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_project", lambda: PROJECT)
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({f"{PROJECT}:replicas": "3", "kubernetes:context": "x"}))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([f"{PROJECT}:databasePassword"]))
    reader = ConfigReader.of_stack()

    assert (reader.values, reader.secret_keys) == ({"replicas": "3"}, {"databasePassword"})


def test_the_stack_is_read_from_the_runtime_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_project", lambda: PROJECT)
    runtime_config.set_all_config({f"{PROJECT}:databasePassword": "x"}, [f"{PROJECT}:databasePassword"])
    reader = ConfigReader.of_stack()
    runtime_config.set_all_config({}, [])

    assert (reader.values, reader.secret_keys) == ({"databasePassword": "x"}, {"databasePassword"})
