"""Builds the container images of the sandbox, without a registry and without a daemon, into the user's cache."""

from sandbox.images.backup import build_backup
from sandbox.images.base import build_base
from sandbox.images.binary import build_binary_image
from sandbox.images.envoy import build_envoy
from sandbox.images.ingestion import build_ingestion
from sandbox.images.mlflow import build_mlflow
from sandbox.images.monitoring import build_monitoring_images
from sandbox.images.store import BuiltImage, ImageStore

__all__ = [
    "BuiltImage",
    "ImageStore",
    "build_backup",
    "build_base",
    "build_binary_image",
    "build_envoy",
    "build_ingestion",
    "build_mlflow",
    "build_monitoring_images",
]
