"""An MLflow artifact repository on S3 that never hands out a presigned URL.

A server of MLflow 3.17 advertises presigned transfers whenever its repository is able to sign, and it has no setting
against it. Clients then download every file, and upload large ones, from the bucket's endpoint: an address that exists
inside the cluster only, with a certificate that they do not trust. This repository is not able to sign, so the server
advertises nothing and clients of every version send the bytes through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

if TYPE_CHECKING:
    from mlflow.entities import FileInfo


class ProxiedS3ArtifactRepository(ArtifactRepository):
    """Passes everything on to MLflow's own S3 repository, except its ability to sign."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        _, _, location = artifact_uri.partition("://")
        # MLflow annotates these methods in part only, hence no static type.
        self._s3: Any = S3ArtifactRepository(f"s3://{location}", tracking_uri=tracking_uri, registry_uri=registry_uri)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload one file."""
        self._s3.log_artifact(local_file, artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Upload the files of a directory."""
        self._s3.log_artifacts(local_dir, artifact_path)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """List one directory."""
        listed: list[FileInfo] = self._s3.list_artifacts(path)
        return listed

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self._s3._download_file(remote_file_path, local_path)  # noqa: SLF001 - the method that every repository has

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete a file or a directory."""
        self._s3.delete_artifacts(artifact_path)
