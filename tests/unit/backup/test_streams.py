"""Streams, encryption on the way, and what happens when something breaks in the middle."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from typing import TYPE_CHECKING

import pyrage
import pytest

from mlflow_backup.environment import Environment
from mlflow_backup.failures import RefusedError, StoppedError
from mlflow_backup.parallel import each
from mlflow_backup.storage.encryption import Identities, Recipients
from mlflow_backup.storage.streams import Measured, Pieces, drain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    file = tmp_path / "identities"
    file.write_text(f"{pyrage.x25519.Identity.generate()}\n{pyrage.x25519.Identity.generate()}\n")
    return Identities.read(Environment({}), "IDENTITY", file)


@pytest.fixture
def recipients(identities: Identities) -> Recipients:
    return Recipients(tuple(key.to_public() for key in identities.keys))


def encrypted(recipients: Recipients, content: bytes = CONTENT) -> bytes:
    target = io.BytesIO()
    recipients.encrypt(io.BytesIO(content), target)
    return target.getvalue()


@pytest.mark.parametrize("content", [b"", b"x", CONTENT])
def test_each_recipient_alone_reads_what_was_encrypted(
    identities: Identities, recipients: Recipients, content: bytes
) -> None:
    for key in identities.keys:
        plain = io.BytesIO()
        Identities((key,)).decrypt("it", io.BytesIO(encrypted(recipients, content)), plain)
        assert plain.getvalue() == content


def test_fingerprints_of_a_pair_are_the_same_and_tell_no_key(identities: Identities, recipients: Recipients) -> None:
    assert recipients.fingerprints == identities.fingerprints
    assert len(set(recipients.fingerprints)) == 2
    assert not any(print_ in str(key) for print_ in recipients.fingerprints for key in recipients.keys)


def test_the_wrong_key_is_told_from_damage(recipients: Recipients) -> None:
    stranger = Identities((pyrage.x25519.Identity.generate(),))
    with pytest.raises(RefusedError, match="it is encrypted to other keys") as caught:
        stranger.decrypt("it", io.BytesIO(encrypted(recipients)), io.BytesIO())
    assert caught.value.reason == "wrong-key"


@pytest.mark.parametrize("cut", [0, 10, 300, -1, -70_000])
def test_ciphertext_that_is_cut_off_is_damaged(identities: Identities, recipients: Recipients, cut: int) -> None:
    with pytest.raises(RefusedError, match="it is damaged: it does not decrypt"):
        identities.decrypt("it", io.BytesIO(encrypted(recipients)[:cut]), io.BytesIO())


class Broken(io.RawIOBase):
    """Raises after so many bytes."""

    def __init__(self, error: BaseException, good: int) -> None:
        self._error = error
        self._left = good

    def read(self, size: int = -1) -> bytes:
        return b"x" * self._take(size)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._take(len(data))

    def _take(self, size: int) -> int:
        if self._left <= 0:
            raise self._error
        self._left -= size
        return size


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), StoppedError(), MemoryError()])
@pytest.mark.parametrize("good", [0, 100_000])
def test_what_a_stream_raises_is_raised_as_it_was(recipients: Recipients, error: BaseException, good: int) -> None:
    with pytest.raises(type(error)) as caught:
        recipients.encrypt(Broken(error, good), io.BytesIO())
    assert caught.value is error
    with pytest.raises(type(error)) as caught:
        recipients.encrypt(io.BytesIO(CONTENT), Broken(error, good))
    assert caught.value is error


def test_an_error_in_the_very_last_write_is_not_lost(recipients: Recipients) -> None:
    with pytest.raises(OSError, match="full"):
        recipients.encrypt(io.BytesIO(b"x"), Broken(OSError("full"), 0))


def test_a_stream_that_breaks_while_it_is_decrypted_is_no_damage(
    identities: Identities, recipients: Recipients
) -> None:
    with pytest.raises(ConnectionResetError):
        identities.decrypt("it", io.BytesIO(encrypted(recipients)), Broken(ConnectionResetError(), 0))


def test_what_passes_is_counted_and_hashed() -> None:
    measured, target = Measured(source=io.BytesIO(CONTENT)), io.BytesIO()
    drain(measured, target.write)
    assert (measured.bytes, measured.checksum) == (len(CONTENT), hashlib.sha256(CONTENT).digest())
    assert target.getvalue() == CONTENT
    dropped = Measured()
    dropped.write(CONTENT)
    assert dropped.checksum == measured.checksum


def test_pieces_are_one_stream() -> None:
    assert Pieces(iter([b"ab", b"", b"cde"])).read() == b"abcde"
    stream = Pieces(iter([b"ab", b"", b"cde"]))
    assert [stream.read(1), stream.read(5), stream.read(5), stream.read(5)] == [b"a", b"b", b"cde", b""]


def test_work_is_done_by_so_many_at_a_time_and_handed_out_no_faster() -> None:
    running, most, handed = 0, 0, 0
    lock = threading.Lock()

    def items() -> Iterator[int]:
        nonlocal handed
        for number in range(60):
            handed += 1
            yield number

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return number

    results = each(work, items(), 3)
    first = next(results)
    assert handed <= 12
    assert sorted([first, *results]) == list(range(60))
    assert most == 3


def test_the_first_error_ends_it_and_nothing_new_is_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        list(each(work, range(10_000), 2))
    assert len(begun) < 100
