"""Arguments of the component `MetadataIngestion`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.contracts import NetworkPeer, ServiceAddress

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class DataHubArgs:
    """A DataHub, as the pods reach it."""

    url: str
    """Of its metadata service (GMS), with a path where it has one."""
    token: pulumi.Output[str] | None
    """Secret. None: it asks for none."""
    ca_certificate: str | None
    """PEM of the authorities that are trusted for it; None means the public ones."""
    peers: Sequence[NetworkPeer]
    """Where it is, for the NetworkPolicy."""

    @property
    def port(self) -> int:
        """TCP port."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]


@dataclass(frozen=True, kw_only=True)
class MetadataIngestionArgs:
    """Arguments of `MetadataIngestion`."""

    namespace: pulumi.Input[str]
    """Flows into every object. Given the server's, the CronJob comes after the server."""
    cron_job: str
    """Name of the CronJob and what belongs to it; its Jobs' names begin with it."""
    image: str
    """Of the ingestion program (images/ingestion)."""
    image_pull_secret: str | None
    server: ServiceAddress
    server_selector: Mapping[str, str]
    """Labels of the server's pods."""
    public_url: pulumi.Input[str]
    """Where people open MLflow: links lead there."""
    datahub: DataHubArgs
    pipeline: str
    """Name by which DataHub knows what it was told the last time. Another one removes nothing that this one told."""
    environment: str
    """One of DataHub's fabric types, such as `PROD`; part of the URN of every model."""
    schedule: str
    """Five fields of a cron schedule, in UTC."""
    deadline: int
    """Seconds for a Job, the image's download and other attempts included."""


IngestionScope: TypeAlias = Scope[MetadataIngestionArgs]
