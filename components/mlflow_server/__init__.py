"""Component `MlflowServer`: the tracking server, its migration, and everything that keeps them up and apart."""

from components.mlflow_server.args import (
    AccessArgs,
    ArtifactDelivery,
    MlflowServerArgs,
    PublicPeers,
    ResourceArgs,
    ScalingArgs,
)
from components.mlflow_server.server import MlflowServer

__all__ = [
    "AccessArgs",
    "ArtifactDelivery",
    "MlflowServer",
    "MlflowServerArgs",
    "PublicPeers",
    "ResourceArgs",
    "ScalingArgs",
]
