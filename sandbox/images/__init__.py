"""Builds the container images of the sandbox, without a registry and without a daemon, into the user's cache."""

from sandbox.images.base import build_base
from sandbox.images.binary import build_binary_image
from sandbox.images.envoy import build_envoy
from sandbox.images.mlflow import build_mlflow
from sandbox.images.monitoring import build_monitoring_images
from sandbox.images.programs import PROGRAMS
from sandbox.images.recipe import build_program
from sandbox.images.store import BuiltImage, ImageStore

__all__ = [
    "PROGRAMS",
    "BuiltImage",
    "ImageStore",
    "build_base",
    "build_binary_image",
    "build_envoy",
    "build_mlflow",
    "build_monitoring_images",
    "build_program",
]
