"""Reads what concerns DataHub: whether there is one, where, and how often it is told what MLflow holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from components.metadata_ingestion import DataHubArgs
from stacks import checks
from stacks.peers import read_peers

if TYPE_CHECKING:
    from stacks.config_reader import ConfigReader

_AWAY = "DataHub could not be reached"
_NO_IMAGE = "datahubUrl is set, and nothing could tell it anything"
_SHORTEST_SECONDS = 300
_LONGEST_SECONDS = 3600


class FabricType(Enum):
    """Environments that DataHub knows (acryl-datahub 1.7, `FabricTypeClass`)."""

    DEV = "DEV"
    TEST = "TEST"
    QA = "QA"
    UAT = "UAT"
    EI = "EI"
    PRE = "PRE"
    STG = "STG"
    NON_PROD = "NON_PROD"
    PROD = "PROD"
    CORP = "CORP"
    RVW = "RVW"
    PRD = "PRD"
    TST = "TST"
    SIT = "SIT"
    SBX = "SBX"
    SANDBOX = "SANDBOX"
    CERT = "CERT"


@dataclass(frozen=True, kw_only=True)
class MetadataIngestionSettings:
    """The ingestion, and what it tells."""

    image: str
    datahub: DataHubArgs
    environment: str
    schedule: str
    """Five fields of a cron schedule, in UTC."""
    deadline: int
    """Seconds."""


def read_metadata_ingestion(reader: ConfigReader) -> MetadataIngestionSettings | None:
    """Read the settings, all of them also where there is no DataHub; None there."""
    url = reader.optional("datahubUrl", _AWAY, lambda value: checks.base_url(value, with_path=True))
    wanted = url is not None and reader.sound("datahubUrl")
    image = reader.needed("datahubImage", _NO_IMAGE if wanted else None)
    authority = reader.optional("datahubCaFile", "DataHub could not be trusted", checks.certificate_file)
    token = reader.secret("datahubToken", None)
    settings = MetadataIngestionSettings(
        image=reader.text("datahubImage", _NO_IMAGE, checks.image) if image else "",
        datahub=DataHubArgs(
            url=url or "",
            token=token if reader.given("datahubToken") else None,
            ca_certificate=reader.content("datahubCaFile", authority),
            peers=read_peers(reader, "datahubPeers", needed_because=_AWAY if wanted else None),
        ),
        environment=reader.choice("datahubEnvironment", FabricType, "DataHub would refuse every model").value,
        schedule=reader.text("datahubSchedule", "Kubernetes would refuse the CronJob", checks.cron_schedule),
        deadline=reader.integer(
            "datahubDeadline", _SHORTEST_SECONDS, _LONGEST_SECONDS, "an ingestion would be cut off, or miss the next"
        ),
    )
    return settings if wanted else None
