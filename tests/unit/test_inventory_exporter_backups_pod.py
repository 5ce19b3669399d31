"""What the exporter's pod is given to read how the backups go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest

from components.contracts import NetworkPeer
from components.inventory_exporter import RefreshArgs
from components.inventory_exporter.program.settings import BackupSettings, Settings
from tests.unit.test_inventory_exporter import AUTHORITY, bucket, deploy, mounted, settings

if TYPE_CHECKING:
    from tests.unit.engine import Recording

BACKUPS = "mlflow-backups"
SECRET = "secret-of-the-watcher"  # noqa: S105 - made up
OTHER_AUTHORITY = AUTHORITY.replace("not a real one", "another server's")


@pytest.fixture(scope="module")
def made() -> Recording:
    backups = bucket(
        bucket=BACKUPS,
        endpoint="https://backups.example.org:9443",
        region="eu-west-1",
        secret_key=pulumi.Output.secret(SECRET),
        ca_certificate=OTHER_AUTHORITY,
        peers=[NetworkPeer(cidr="192.0.2.9/32")],
    )
    return deploy(backups=backups)


def test_the_program_understands_the_settings_of_its_pod(made: Recording) -> None:
    assert Settings.of(settings(made)).backups == BackupSettings(
        bucket=BACKUPS,
        endpoint="https://backups.example.org:9443",
        region="eu-west-1",
        credentials_file="/etc/mlflow/backups/credentials",
        authority_file="/etc/mlflow/authorities/backups.pem",
        seconds=60,
    )
    assert Settings.of(settings(made)).bucket == "mlflow-artifacts"


def test_the_look_at_the_backups_has_an_interval_of_its_own() -> None:
    refresh = RefreshArgs(database_seconds=60, bucket_seconds=600, bucket_pages=1000, backups_seconds=5)

    assert settings(deploy(backups=bucket(), refresh=refresh))["EXPORTER_BACKUPS_SECONDS"] == "5"


def test_the_key_of_the_backups_is_a_file_of_its_own_and_nowhere_else(made: Recording) -> None:
    assert mounted(made)["/etc/mlflow/backups"] == "exporter-backups-1a2b3c4d"
    assert SECRET in made.called("exporter-backups").inputs["stringData"]["credentials"]
    assert SECRET not in made.called("exporter-bucket").inputs["stringData"]["credentials"]
    assert SECRET not in str(settings(made))
    assert made.called("exporter-backups").inputs["immutable"] is True


def test_the_authority_of_the_backups_lies_beside_the_others(made: Recording) -> None:
    assert made.called("exporter-authorities").inputs["data"] == {
        "database.pem": AUTHORITY,
        "bucket.pem": AUTHORITY,
        "backups.pem": OTHER_AUTHORITY,
    }


def test_the_exporter_reaches_the_server_of_the_backups_too(made: Recording) -> None:
    *_, backups = made.called("exporter-edges").spec["egress"]

    assert backups == {
        "to": [{"ipBlock": {"cidr": "192.0.2.9/32"}}],
        "ports": [{"port": 9443, "protocol": "TCP"}],
    }


def test_backups_at_aws_need_no_endpoint_and_no_authority() -> None:
    made = deploy(backups=bucket(endpoint=None, ca_certificate=None))
    read = Settings.of(settings(made)).backups

    assert read
    assert (read.endpoint, read.authority_file) == (None, None)
    assert "backups.pem" not in made.called("exporter-authorities").inputs["data"]


def test_without_backups_there_is_no_trace_of_them() -> None:
    made = deploy()

    assert [resource.name for resource in made if "backups" in resource.name] == []
    assert "BACKUPS" not in str(settings(made))
    assert len(made.called("exporter-edges").spec["egress"]) == 3
