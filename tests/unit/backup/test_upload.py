"""An upload is an object in the end or nothing, in parts of one size, with two of them in memory."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from mlflow_backup.storage.upload import Upload

PART = 10


class Server:
    """Takes what an S3 client is told."""

    def __init__(self, *, refuses: str = "") -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: list[bytes] = []
        self.calls: list[str] = []
        self._refuses = refuses

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call == self._refuses:
            raise ConnectionResetError(call)

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - as botocore names them
        self._note("put")
        self.objects[Key] = bytes(Body)

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        self._note("create")
        return {"UploadId": "1"}

    def upload_part(self, *, PartNumber: int, Body: bytes, **_: Any) -> dict[str, str]:  # noqa: N803
        self._note("part")
        assert PartNumber == len(self.parts) + 1
        self.parts.append(bytes(Body))
        return {"ETag": f"etag-{PartNumber}"}

    def complete_multipart_upload(self, *, Key: str, MultipartUpload: Any, **_: Any) -> None:  # noqa: N803
        self._note("complete")
        assert [part["PartNumber"] for part in MultipartUpload["Parts"]] == [*range(1, len(self.parts) + 1)]
        self.objects[Key] = b"".join(self.parts)

    def abort_multipart_upload(self, **_: Any) -> None:
        self._note("abort")


def upload(server: Server) -> Upload:
    return Upload(server, {"Bucket": "b", "Key": "k"}, {"ContentType": "text/plain"}, PART)


def give_up(server: Server, size: int) -> None:
    with upload(server) as file:
        file.write(b"x" * size)
        raise ZeroDivisionError


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_what_fits_into_one_part_is_one_request(size: int) -> None:
    server = Server()
    with upload(server) as file:
        file.write(b"x" * size)
    assert server.objects == {"k": b"x" * size}
    assert server.calls == ["put"]


@pytest.mark.parametrize("size", [11, 20, 21, 95])
@pytest.mark.parametrize("piece", [1, 7, 10, 33])
def test_what_is_larger_comes_in_parts_of_one_size_and_a_last_one(size: int, piece: int) -> None:
    server, content = Server(), bytes(range(size))
    with upload(server) as file:
        for start in range(0, size, piece):
            file.write(content[start : start + piece])

    assert server.objects == {"k": content}
    assert {len(part) for part in server.parts[:-1]} == {PART}
    assert 0 < len(server.parts[-1]) <= PART
    assert (file.bytes, file.sha256) == (size, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("size", [5, 35])
def test_an_error_of_the_one_who_writes_leaves_nothing(size: int) -> None:
    server = Server()
    with pytest.raises(ZeroDivisionError):
        give_up(server, size)
    assert server.objects == {}
    assert ("abort" in server.calls) == (size > PART)


@pytest.mark.parametrize("call", ["create", "part", "complete"])
def test_an_error_of_the_server_leaves_nothing_and_is_told(call: str) -> None:
    server = Server(refuses=call)
    with pytest.raises(ConnectionResetError, match=call), upload(server) as file:
        file.write(b"x" * 35)
    assert server.objects == {}
    assert ("abort" in server.calls) == (call != "create")


def test_a_key_that_may_not_abort_does_not_hide_the_reason() -> None:
    server = Server(refuses="abort")
    with pytest.raises(ZeroDivisionError):
        give_up(server, 35)
