"""The plugin that runs inside the server, against MLflow's own classes."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from boto3.exceptions import S3UploadFailedError  # type: ignore[import-untyped]
from botocore.exceptions import ClientError, EndpointConnectionError  # type: ignore[import-untyped]
from mlflow.exceptions import MlflowException
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


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ClientError({"Error": {"Code": "404"}}, "HeadObject"), 404),
        (ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject"), 404),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"), 500),
        (EndpointConnectionError(endpoint_url="https://minio"), 503),
        (S3UploadFailedError("cut off"), 503),
    ],
)
def test_a_failure_of_the_bucket_is_told_in_mlflows_terms(
    repository: ProxiedS3ArtifactRepository, failure: Exception, status: int
) -> None:
    # Whatever else reached MLflow's web server would make it close the connection under other requests.
    with (
        patch.object(S3ArtifactRepository, "_download_file", side_effect=failure),
        pytest.raises(MlflowException) as told,
    ):
        repository._download_file("remote", "local")

    status_of: int = told.value.get_http_status_code()  # type: ignore[no-untyped-call] # MLflow does not type it
    assert status_of == status
