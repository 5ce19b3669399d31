"""A bucket of an S3-compatible server: list, read, write and delete."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from botocore.session import Session  # type: ignore[import-untyped]

from mlflow_backup.archive.layout import Artifact
from mlflow_backup.failures import BackupError
from mlflow_backup.storage.upload import PART_BYTES, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlflow_backup.environment import BucketSettings
    from mlflow_backup.storage.streams import Readable

_DELETED_AT_ONCE = 1000
_MOST_PARTS = 9000
"""Of 10,000 that S3 allows: the size that parts are chosen by is an estimate."""
_GONE = frozenset({"NoSuchKey", "404", "PreconditionFailed", "412"})
_CONNECTIONS = 80


@dataclass(frozen=True, slots=True)
class Found:
    """An object in a listing."""

    key: str
    size: int
    etag: str
    changed: str
    """When, as the server writes it: a million of them are listed, and few are asked."""

    @property
    def changed_at(self) -> datetime:
        """When it was written."""
        return datetime.fromisoformat(self.changed)

    @property
    def artifact(self) -> Artifact:
        """What it is to the backup."""
        return Artifact(self.key, self.etag, self.size)


class GoneError(Exception):
    """An object is not there, or is another than it was in the listing."""


class Bucket:
    """A bucket, by the key that belongs to it."""

    def __init__(self, settings: BucketSettings) -> None:
        self.name = settings.bucket
        session = Session()
        # Turning every time of a listing into a date is most of what a page costs.
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
        self._client: Any = session.create_client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            aws_session_token=settings.session_token,
            verify=str(settings.ca_file) if settings.ca_file else None,
            config=Config(
                connect_timeout=10,
                read_timeout=60,
                max_pool_connections=_CONNECTIONS,
                retries={"mode": "standard", "total_max_attempts": 4},
                # Servers other than AWS know neither the newer checksums nor, as MinIO, a host name for each bucket.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if settings.endpoint else "auto"},
            ),
        )

    def list(self, prefix: str = "") -> Iterator[Found]:
        """List what begins with a prefix, in the order of keys, a thousand at a time."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield Found(entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])

    def find(self, key: str) -> Found | None:
        """Look one object up in a listing."""
        page = self._client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        for entry in page.get("Contents", []):
            if entry["Key"] == key:
                return Found(key, entry["Size"], entry["ETag"].strip('"'), entry["LastModified"])
        return None

    @contextmanager
    def open(self, key: str, etag: str | None = None) -> Iterator[Readable]:
        """Read an object as a stream.

        Args:
            key: Its key.
            etag: It has to be the same as it was in the listing.

        Raises:
            GoneError: It is not there, or is another by now.
        """
        condition = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            answer = self._client.get_object(Bucket=self.name, Key=key, **condition)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                raise GoneError(key) from error
            raise
        with closing(answer["Body"]) as body:
            yield body

    def read(self, key: str) -> bytes:
        """Read a small object.

        Raises:
            GoneError: It is not there.
        """
        with self.open(key) as body:
            return body.read()

    def metadata(self, key: str) -> Mapping[str, str]:
        """Tell what was noted with an object; nothing where it is not there."""
        try:
            found: Mapping[str, str] = self._client.head_object(Bucket=self.name, Key=key)["Metadata"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                return {}
            raise
        return found

    def put(self, key: str, content: bytes) -> None:
        """Write a small object."""
        self._client.put_object(Bucket=self.name, Key=key, Body=content)

    def upload(
        self,
        key: str,
        expected_bytes: int = 0,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> Upload:
        """Write an object as a stream. Used with `with`: it is there when that ends well, or else it is not.

        Args:
            key: Its key.
            expected_bytes: About how large it will be; larger ones need larger parts.
            metadata: Noted with it.
            content_type: Of its content.
        """
        part = max(PART_BYTES, -(-expected_bytes // _MOST_PARTS))
        described = {"Metadata": dict(metadata or {}), "ContentType": content_type}
        return Upload(self._client, {"Bucket": self.name, "Key": key}, described, part)

    def delete(self, keys: Iterable[str]) -> int:
        """Delete objects; tell how many.

        Raises:
            BackupError: Some could not be deleted.
        """
        waiting: list[str] = []
        count = 0
        for key in keys:
            waiting.append(key)
            if len(waiting) == _DELETED_AT_ONCE:
                count += self._delete(waiting)
                waiting = []
        return count + self._delete(waiting)

    def _delete(self, keys: Sequence[str]) -> int:
        if not keys:
            return 0
        named = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self._client.delete_objects(Bucket=self.name, Delete=named)
        if errors := answer.get("Errors"):
            first = errors[0]
            raise BackupError(
                f"{len(errors)} objects of bucket {self.name} could not be deleted: {first.get('Code')}: "
                f"{first.get('Message')}; see what the key may do",
                "storage",
            )
        return len(keys)
