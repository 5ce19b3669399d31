"""Writes an object of any size with two parts of it in memory, and measures it on the way."""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from mlflow_backup.stopping import raise_if_stopped

if TYPE_CHECKING:
    from types import TracebackType

_LOG = logging.getLogger(__name__)
PART_BYTES = 8 << 20
"""S3's least is 5 MiB. Every part but the last has the same size, as R2 demands."""


class Upload:
    """A file that becomes an object when its `with` ends without an error.

    What fits into one part is one request. Otherwise one part is sent while the next is filled; an upload that breaks
    off is aborted, and one whose process is killed stays invisible until the bucket's lifecycle removes its parts.
    """

    def __init__(self, client: Any, place: dict[str, str], described: dict[str, Any], part_bytes: int) -> None:
        self._client = client
        self._place = place
        self._described = described
        self._part_bytes = part_bytes
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._sender: ThreadPoolExecutor | None = None
        self._sending: Future[dict[str, Any]] | None = None
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """Of all that was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Write on."""
        raise_if_stopped()
        self._hash.update(data)
        self.bytes += len(data)
        rest = memoryview(data)
        while rest:
            # A full part waits for the next byte, so that the last part is never empty.
            if len(self._buffer) == self._part_bytes:
                full, self._buffer = self._buffer, bytearray()
                self._send(full)
            room = self._part_bytes - len(self._buffer)
            self._buffer += rest[:room]
            rest = rest[room:]
        return len(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException:
            self._abort()
            raise
        else:
            if kind is not None:
                self._abort()
        finally:
            if self._sender is not None:
                self._sender.shutdown(wait=True, cancel_futures=True)

    def _send(self, part: bytearray) -> None:
        if self._sender is None:
            self._upload = self._client.create_multipart_upload(**self._place, **self._described)["UploadId"]
            self._sender = ThreadPoolExecutor(1, thread_name_prefix="part")
        self._collect()
        self._sending = self._sender.submit(self._send_part, len(self._parts) + 1, part)

    def _send_part(self, number: int, part: bytearray) -> dict[str, Any]:
        answer = self._client.upload_part(**self._place, UploadId=self._upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _collect(self) -> None:
        if self._sending is not None:
            self._parts.append(self._sending.result())
            self._sending = None

    def _finish(self) -> None:
        if self._upload is None:
            self._client.put_object(**self._place, **self._described, Body=self._buffer)
            return
        self._send(self._buffer)
        self._collect()
        self._client.complete_multipart_upload(
            **self._place, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
        )

    def _abort(self) -> None:
        if self._upload is None:
            return
        try:
            self._client.abort_multipart_upload(**self._place, UploadId=self._upload)
        except Exception:  # noqa: BLE001 - what ended the upload is what has to be told
            # The key may lack the right to.
            _LOG.warning("an upload that broke off could not be aborted", exc_info=True)
