"""The plugin that runs inside the server, against MLflow's own classes."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from mlflow.store.artifact.artifact_repo import MultipartDownloadMixin, MultipartUploadMixin, PresignedUploadMixin
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

from components.mlflow_server.plugin.proxied_s3 import ProxiedS3ArtifactRepository


@pytest.fixture
def repository() -> ProxiedS3ArtifactRepository:
    return ProxiedS3ArtifactRepository("proxied-s3://mlflow-artifacts/folder")


def test_the_server_finds_nothing_to_sign_with(repository: ProxiedS3ArtifactRepository) -> None:
    # The classes by which a server of MLflow 3.17 decides what it advertises.
    assert not isinstance(repository, MultipartDownloadMixin | MultipartUploadMixin | PresignedUploadMixin)


def test_the_bucket_is_the_one_of_the_uri(repository: ProxiedS3ArtifactRepository) -> None:
    assert repository._s3.artifact_uri == "s3://mlflow-artifacts/folder"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("log_artifact", ("file", "path")),
        ("log_artifacts", ("directory", "path")),
        ("list_artifacts", ("path",)),
        ("_download_file", ("remote", "local")),
        ("delete_artifacts", ("path",)),
    ],
)
def test_everything_else_is_done_by_mlflows_own(
    repository: ProxiedS3ArtifactRepository, method: str, arguments: tuple[str, ...]
) -> None:
    with patch.object(S3ArtifactRepository, method) as own:
        getattr(repository, method)(*arguments)

    own.assert_called_once_with(*arguments)
