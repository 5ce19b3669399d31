"""The minio provider: its arguments and its resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sandbox.engine.plugins.minio.bucket import Bucket
from sandbox.engine.plugins.minio.bucket_versioning import BucketVersioning
from sandbox.engine.plugins.minio.connection import Server
from sandbox.engine.plugins.minio.ilm_policy import IlmPolicy
from sandbox.engine.plugins.minio.policy import Policy
from sandbox.engine.plugins.minio.policy_attachment import PolicyAttachment
from sandbox.engine.plugins.minio.service_account import ServiceAccount
from sandbox.engine.plugins.minio.user import User
from sandbox.engine.plugins.protocol.properties import Kind, Property
from sandbox.engine.plugins.protocol.provider import Provider
from sandbox.engine.plugins.protocol.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.plugins.protocol.values import Values


class MinioProvider(Provider[Server]):
    """Serves buckets, their lifecycle and versioning, users, policies and access keys of one MinIO server."""

    name = "minio"
    version = "0.17.1"
    config: ClassVar[Schema] = Schema(
        {
            "minioServer": Property(required=True),
            "minioUser": Property(),
            "minioPassword": Property(secret=True),
            "minioAccessKey": Property(),
            "minioSecretKey": Property(secret=True),
            "minioSessionToken": Property(secret=True),
            "minioRegion": Property(default="us-east-1"),
            "minioApiVersion": Property(default="v4"),
            "minioSsl": Property(kind=Kind.BOOLEAN, default=False),
            "minioInsecure": Property(kind=Kind.BOOLEAN, default=False),
            "minioCacertFile": Property(),
            "minioCertFile": Property(),
            "minioKeyFile": Property(),
        }
    )
    environment: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "minioServer": ("MINIO_ENDPOINT",),
        "minioUser": ("MINIO_USER",),
        "minioPassword": ("MINIO_PASSWORD",),
        "minioAccessKey": ("MINIO_ACCESS_KEY",),
        "minioSecretKey": ("MINIO_SECRET_KEY",),
        "minioSessionToken": ("MINIO_SESSION_TOKEN",),
        "minioSsl": ("MINIO_ENABLE_HTTPS",),
        "minioInsecure": ("MINIO_INSECURE",),
        "minioCacertFile": ("MINIO_CACERT_FILE",),
        "minioCertFile": ("MINIO_CERT_FILE",),
        "minioKeyFile": ("MINIO_KEY_FILE",),
    }

    def __init__(self) -> None:
        resources = (Bucket(), BucketVersioning(), IlmPolicy(), User(), Policy(), PolicyAttachment(), ServiceAccount())
        super().__init__(resources)

    def client(self, config: Values) -> Server:
        """Prepare the clients."""
        return Server(config)
