from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.contracts import NetworkPeer
from stacks.config_reader import ConfigError, ConfigReader
from stacks.metadata_ingestion_settings import MetadataIngestionSettings, read_metadata_ingestion
from tests.unit.engine import PROJECT
from tests.unit.stack_files import CERTIFICATE

if TYPE_CHECKING:
    from pathlib import Path

BAD_VALUES: list[tuple[str, Any, str]] = [
    ("datahubUrl", "datahub:8080", "'datahub:8080' is not of the form https://HOST/PATH; DataHub could not be reached"),
    ("datahubUrl", "https://u:p@gms", "has more than scheme, host, port and path; DataHub could not be reached"),
    ("datahubUrl", "https://gms:0", "is not of the form https://HOST/PATH"),
    ("datahubPeers", "[]", "is empty; DataHub could not be reached"),
    ("datahubPeers", '[{"cidr": "10.0.0.300/32"}]', "item 1 has the cidr '10.0.0.300/32', which is not a block of"),
    ("datahubImage", "", "is not set; datahubUrl is set, and nothing could tell it anything"),
    ("datahubImage", "mlflow-ingestion:latest", "has no fixed tag and no digest; datahubUrl is set, and nothing"),
    ("datahubCaFile", "/nowhere.pem", "'/nowhere.pem' does not exist; DataHub could not be trusted"),
    ("datahubToken", " padded", "has white space at an end or a control character"),
    ("datahubEnvironment", "production", "'production' is not one of DEV, TEST, "),
    ("datahubSchedule", "hourly", "is not the five fields of a cron schedule, such as '17 1 * * *'"),
    ("datahubSchedule", "61 * * * *", "has '61' for the minute, which goes from 0 to 59"),
    ("datahubDeadline", 299, "is not a whole number from 300 to 3600"),
    ("datahubDeadline", 3601, "is not a whole number from 300 to 3600"),
]


def read(*, encrypted: bool = True, **values: Any) -> MetadataIngestionSettings | None:
    given = {
        "datahubUrl": "https://datahub.example.com/gms",
        "datahubToken": "a-token",
        "datahubCaFile": "",
        "datahubPeers": '[{"cidr": "10.0.0.9/32"}]',
        "datahubImage": "registry.example.com/mlflow-ingestion:1.0",
        "datahubEnvironment": "PROD",
        "datahubSchedule": "37 * * * *",
        "datahubDeadline": 3000,
        **values,
    }
    reader = ConfigReader(
        project=PROJECT,
        values={key: str(value) for key, value in given.items()},
        secret_keys=frozenset({"datahubToken"} if encrypted else ()),
    )
    settings = read_metadata_ingestion(reader)
    reader.finish()
    return settings


@pytest.mark.parametrize(("key", "value", "what"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_fix(key: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{key: value})

    (line,) = str(caught.value).splitlines()[1:]
    assert line.startswith(f"  {PROJECT}:{key}: ")
    assert what in line
    assert " Fix: " in line


def test_a_token_in_plain_text_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"datahubToken: is stored as plain text.* Fix: pulumi config set --secret"):
        read(encrypted=False)


def test_what_is_set_is_what_is_done(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(CERTIFICATE)
    settings = read(datahubCaFile=authority, datahubEnvironment="DEV", datahubDeadline=600)

    assert settings
    assert (settings.environment, settings.schedule, settings.deadline) == ("DEV", "37 * * * *", 600)
    assert settings.datahub.url == "https://datahub.example.com/gms"
    assert settings.datahub.peers == (NetworkPeer(cidr="10.0.0.9/32"),)
    assert settings.datahub.ca_certificate == CERTIFICATE


def test_without_a_token_none_is_sent() -> None:
    settings = read(datahubToken="")

    assert settings
    assert settings.datahub.token is None


def test_without_a_url_nothing_is_told_and_nothing_is_needed() -> None:
    assert read(datahubUrl="", datahubToken="", datahubImage="", datahubPeers="[]") is None


def test_a_bad_value_is_named_also_where_there_is_no_datahub_yet() -> None:
    with pytest.raises(ConfigError, match="datahubSchedule: 'hourly' is not the five fields"):
        read(datahubUrl="", datahubSchedule="hourly")
