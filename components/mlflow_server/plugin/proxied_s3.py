"""An MLflow artifact repository on S3 that never hands out a presigned URL.

A server of MLflow 3.17 advertises presigned transfers whenever its repository is able to sign, and it has no setting
against it. Clients then download every file, and upload large ones, from the bucket's endpoint: an address that exists
inside the cluster only, with a certificate that they do not trust. This repository is not able to sign, so the server
advertises nothing and clients of every version send the bytes through it.

It also says in MLflow's terms why the bucket failed. An error that MLflow does not know ends in its web server, which
then closes the connection without notice: behind a proxy that shares connections, somebody else's request gets lost.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, RESOURCE_DOES_NOT_EXIST, TEMPORARILY_UNAVAILABLE
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.entities import FileInfo

_ABSENT = ("404", "NoSuchKey")
_LOG = logging.getLogger(__name__)


@contextmanager
def _told_in_mlflows_terms() -> Iterator[None]:
    """Turn a failure of the bucket into 404, 500 (it refused) or 503 (it could not be reached: worth another try)."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            raise MlflowException("There is no such artifact.", RESOURCE_DOES_NOT_EXIST) from error
        _LOG.warning("The artifact store refused a request: %s", error)
        raise MlflowException("The artifact store refused the request.", INTERNAL_ERROR) from error
    except (Boto3Error, BotoCoreError) as error:
        _LOG.warning("The artifact store failed: %s", error)
        raise MlflowException("The artifact store does not answer as it should.", TEMPORARILY_UNAVAILABLE) from error


class ProxiedS3ArtifactRepository(ArtifactRepository):
    """Passes everything on to MLflow's own S3 repository, except its ability to sign."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        _, _, location = artifact_uri.partition("://")
        # MLflow annotates these methods in part only, hence no static type.
        self._s3: Any = S3ArtifactRepository(f"s3://{location}", tracking_uri=tracking_uri, registry_uri=registry_uri)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload one file."""
        with _told_in_mlflows_terms():
            self._s3.log_artifact(local_file, artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Upload the files of a directory."""
        with _told_in_mlflows_terms():
            self._s3.log_artifacts(local_dir, artifact_path)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """List one directory."""
        with _told_in_mlflows_terms():
            listed: list[FileInfo] = self._s3.list_artifacts(path)
        return listed

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with _told_in_mlflows_terms():
            self._s3._download_file(remote_file_path, local_path)  # noqa: SLF001 - the method that every repository has

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete a file or a directory."""
        with _told_in_mlflows_terms():
            self._s3.delete_artifacts(artifact_path)
