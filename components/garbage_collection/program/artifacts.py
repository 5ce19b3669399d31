"""The artifacts of one thing, at the bucket.

The key is in the file that `AWS_SHARED_CREDENTIALS_FILE` names, the endpoint in `MLFLOW_S3_ENDPOINT_URL`: as the server
is told, since MLflow's own S3 repository does the work here as there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
)
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

from components.program_logging.redaction import in_one_line

from .outcome import LaterError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROXIED = "mlflow-artifacts"
_SERVER_FAULT = 500
_NOBODYS = "garbage-collection-looks-whether-the-bucket-answers"
"""A folder that nobody has, so that listing it costs next to nothing."""


class OutOfReachError(Exception):
    """Artifacts that are elsewhere, or not in a folder of their own."""


class LeftOverError(Exception):
    """Artifacts that S3 did not delete without saying so."""


class Artifacts:
    """The server's destination of artifacts."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        # MLflow annotates these methods in part only, hence no static type.
        self._repository: Any = S3ArtifactRepository(f"s3://{bucket}")

    def look(self) -> None:
        """See whether the bucket answers, before the first removal fails by it.

        Raises:
            LaterError: It cannot be reached.
            RefusedError: It does not exist, or refuses the key.
        """
        try:
            with _away_is_for_later():
                self._first_below(_NOBODYS)
        except (BotoCoreError, ClientError) as error:
            raise RefusedError(f"the bucket {self._bucket} cannot be used: {in_one_line(error)}") from error

    def remove(self, uri: str, owner: str) -> None:
        """Delete the folder of a run or a model; one that is gone already is no error.

        Args:
            uri: Where MLflow says it is.
            owner: The id, which has to be a part of the path.

        Raises:
            LaterError: The bucket cannot be reached.
            OutOfReachError: The URI leads elsewhere, or to what may belong to others too.
            LeftOverError: Something is left in the folder.
            botocore.exceptions.ClientError: The bucket refused.
        """
        path = folder(uri, owner, self._bucket)
        with _away_is_for_later():
            self._repository.delete_artifacts(path)
            left = self._first_below(path)
        if left:
            raise LeftOverError(f"the bucket has kept {left} and maybe more")

    def _first_below(self, path: str) -> str | None:
        # MLflow's own listing would do, but MinIO still shows a folder in it of which only former versions are left.
        client = self._repository._get_s3_client()  # noqa: SLF001 - MLflow's way of making it, as the server does
        found = client.list_objects_v2(Bucket=self._bucket, Prefix=f"{path}/", MaxKeys=1)
        return next((entry["Key"] for entry in found.get("Contents", [])), None)


def folder(uri: str, owner: str, bucket: str) -> str:
    """Find a thing's folder in the bucket, as the server resolves the URI.

    Raises:
        OutOfReachError: It is not in the bucket, or would take others' artifacts along: the root of all, for one.
    """
    parts = urlsplit(uri)
    if parts.scheme == _PROXIED and not parts.netloc:
        # The path of a request, which the server's framework decodes.
        path = unquote(parts.path)
    elif parts.scheme == "s3" and parts.netloc == bucket:
        path = parts.path
    else:
        raise OutOfReachError(f"its artifacts are at {uri}, which is not in the bucket {bucket}")
    path = path.strip("/")
    names = path.split("/")
    if owner not in names or not {"", ".", ".."}.isdisjoint(names):
        raise OutOfReachError(f"its artifacts are at {uri}, which is not a folder of its own")
    return path


@contextmanager
def _away_is_for_later() -> Iterator[None]:
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise LaterError(f"the bucket cannot be reached: {in_one_line(error)}") from error
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_FAULT:
            raise LaterError(f"the bucket is out of order: {in_one_line(error)}") from error
        raise
