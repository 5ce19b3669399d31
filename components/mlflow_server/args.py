"""Arguments of the component `MlflowServer`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.contracts import BucketAccess, DatabaseConnection, NetworkPeer, ServiceAddress


class ArtifactDelivery(Enum):
    """How the bytes of an artifact travel between a client and the bucket."""

    PROXIED = "proxied"
    """Through the server: clients need to reach the server only."""
    PRESIGNED = "presigned"
    """By URLs that the server signs: clients have to reach and trust the bucket's endpoint."""


@dataclass(frozen=True, kw_only=True)
class ResourceArgs:
    """What one pod asks for and may use, as Kubernetes quantities."""

    cpu_request: str
    cpu_limit: str
    memory_request: str
    memory_limit: str
    tmp_size: str
    """Disk for artifacts on their way between a client and the bucket."""


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """How many pods, processes and database connections."""

    replicas: int
    max_replicas: int
    """0: a fixed number of replicas, without a HorizontalPodAutoscaler."""
    cpu_percent: int
    """Mean use of the requested CPU at which the autoscaler adds a pod."""
    workers: int
    """Uvicorn processes of one pod."""
    pool_size: int
    """Connections that one pool of one process keeps open."""
    max_overflow: int
    """Connections that a pool may open beyond `pool_size`; at least 1, since MLflow reads 0 as "use the default"."""


@dataclass(frozen=True, kw_only=True)
class PublicPeers:
    """Who brings the requests from outside, let in by a NetworkPolicy that names them.

    NetworkPolicies add up: when others take over, an update makes theirs before the pods roll, and takes the former one
    away at its end. One policy that changed in place would shut out the former before the others are ready.
    """

    name: str
    """What they are, in a word: part of the policy's name."""
    peers: Sequence[NetworkPeer]


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Who may talk to the server, by which name."""

    public_host: str
    origins: Sequence[str]
    """Origins of the pages that may call the API from a browser: the public URL."""
    extra_hosts: Sequence[str]
    """More values of the Host header, with a port where the client sends one."""
    public_peers: PublicPeers
    client_peers: Sequence[NetworkPeer]
    clients_confined: bool
    """The namespace denies its pods every connection by default: clients in it are given theirs to the server."""
    metrics_peers: Sequence[NetworkPeer]


@dataclass(frozen=True, kw_only=True)
class MlflowServerArgs:
    """Arguments of `MlflowServer`."""

    namespace: pulumi.Input[str]
    """Flows into every object, so that they wait for the namespace."""
    service: ServiceAddress
    image: str
    image_pull_secret: str | None
    database: DatabaseConnection
    bucket: BucketAccess
    artifact_delivery: ArtifactDelivery
    resources: ResourceArgs
    scaling: ScalingArgs
    migration_deadline: int
    """Most seconds for the schema migration, all attempts and the image's download included."""
    before_migration: Sequence[pulumi.Resource] = ()
    """What the migration waits for although no value of it flows here: when it fails, the old servers keep running."""
    access: AccessArgs


ServerScope: TypeAlias = Scope[MlflowServerArgs]
"""The server itself, or its migration."""
