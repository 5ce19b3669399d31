"""age: who can read a backup, and the streams of ciphertext.

A recipient is a public key, an identity a private one. The library reads 8 KiB and writes 64 KiB at a time, lets other
threads run meanwhile, and turns what a stream raises into text of its own, or loses it: the guards below keep it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pyrage

from mlflow_backup.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlflow_backup.environment import Environment
    from mlflow_backup.storage.streams import Readable, Writable

_Key = TypeVar("_Key")
_DAMAGED = (pyrage.DecryptError, OSError)
"""What the library raises where ciphertext is cut off or altered."""


@dataclass(frozen=True)
class Recipients:
    """Everybody who can read what is encrypted."""

    keys: tuple[pyrage.x25519.Recipient, ...]

    @classmethod
    def read(cls, environment: Environment, name: str, path: Path) -> Recipients:
        """Read a file of public keys; what is wrong with it is left with the environment."""
        return cls(_keys(environment, name, path, pyrage.x25519.Recipient.from_str, "age public key (age1...)"))

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """What tells the keys apart in public."""
        return tuple(_fingerprint(key) for key in self.keys)

    def encrypt(self, source: Readable, target: Writable) -> None:
        """Encrypt a stream to its end. An error of the streams is raised as it was."""
        reader, writer = _Guard(source), _Guard(target)
        try:
            pyrage.encrypt_io(cast("Any", reader), cast("Any", writer), list(self.keys))
        finally:
            # Also after success: the library drops an error of its last write.
            _raise_first(reader, writer)


@dataclass(frozen=True)
class Identities:
    """Private keys."""

    keys: tuple[pyrage.x25519.Identity, ...]

    @classmethod
    def read(cls, environment: Environment, name: str, path: Path) -> Identities:
        """Read a file of private keys; what is wrong with it is left with the environment, without quoting it."""
        return cls(
            _keys(environment, name, path, pyrage.x25519.Identity.from_str, "age private key (AGE-SECRET-KEY-1...)")
        )

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the public keys that belong to them."""
        return tuple(_fingerprint(key.to_public()) for key in self.keys)

    def decrypt(self, what: str, source: Readable, target: Writable) -> None:
        """Decrypt a stream to its end. What has reached `target` counts only when this returns.

        Args:
            what: For the message.
            source: Ciphertext.
            target: Plaintext.

        Raises:
            RefusedError: It is damaged, or encrypted to others. An error of the streams is raised as it was.
        """
        reader, writer = _Guard(source), _Guard(target)
        try:
            pyrage.decrypt_io(cast("Any", reader), cast("Any", writer), list(self.keys))
        except _DAMAGED as error:
            _raise_first(reader, writer)
            if "No matching keys" in str(error):
                raise RefusedError(
                    f"{what} is encrypted to other keys than BACKUP_IDENTITY_FILE's", "wrong-key"
                ) from error
            raise RefusedError(f"{what} is damaged: it does not decrypt ({error})", "damaged") from error
        _raise_first(reader, writer)


class _Guard:
    """Passes a stream through, and keeps what it raises."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return cast("bytes", self._stream.read(size))
        except BaseException as error:
            self.error = error
            raise

    def write(self, data: bytes) -> int:
        try:
            self._stream.write(data)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing waits in here."""


def _raise_first(*guards: _Guard) -> None:
    for guard in guards:
        if guard.error is not None:
            raise guard.error


def _fingerprint(key: pyrage.x25519.Recipient) -> str:
    return hashlib.sha256(str(key).encode()).hexdigest()[:16]


def _keys(environment: Environment, name: str, path: Path, parse: Callable[[str], _Key], kind: str) -> tuple[_Key, ...]:
    keys: list[_Key] = []
    if not path.is_file():
        return ()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            try:
                keys.append(parse(text))
            except Exception:  # noqa: BLE001 - the library has an error a kind of key, and quotes what it was given
                environment.problem(f"{name}: line {number} of {path} is no {kind}")
    if not keys:
        environment.problem(f"{name}: {path} holds no {kind}")
    return tuple(keys)
