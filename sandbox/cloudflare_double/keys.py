"""The team's signing keys, and the document that publishes them.

As documented under "Validate JWTs": RS256, keys known by a `kid` of 64 hexadecimal digits, the key before the current
one still published after a rotation, each key also as a certificate.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

from sandbox.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ALGORITHM: Final = "RS256"
_BITS: Final = 2048
_EXPONENT: Final = 65537
_KEPT: Final = 2
"""The current key and the one before it."""
_CERTIFIED_FOR: Final = dt.timedelta(days=365)


@dataclass(frozen=True)
class SigningKey:
    """A key pair with the certificate that carries its public half."""

    private: rsa.RSAPrivateKey
    certificate: str

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key with a certificate that it signed itself."""
        private = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cloudflareaccess.com")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + _CERTIFIED_FOR)
            .sign(private, hashes.SHA256())
        )
        return cls(private, certificate.public_bytes(serialization.Encoding.PEM).decode())

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> SigningKey:
        """A key as `stored` wrote it."""
        private = serialization.load_pem_private_key(stored["key"].encode(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("a signing key is not an RSA key")
        return cls(private, stored["certificate"])

    def stored(self) -> dict[str, str]:
        """The key as a file keeps it."""
        encoded = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {"key": encoded.decode(), "certificate": self.certificate}

    @property
    def identifier(self) -> str:
        """The `kid`."""
        public = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(public).hexdigest()

    def published(self) -> dict[str, Any]:
        """The public half as a JSON Web Key."""
        numbers = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        public = {name: numbers[name] for name in ("kty", "e", "n")}
        return {"kid": self.identifier, "alg": ALGORITHM, "use": "sig"} | public

    def certified(self) -> dict[str, str]:
        """The public half as a certificate."""
        return {"kid": self.identifier, "cert": self.certificate}


class KeyRing:
    """The current key and the one before it, kept over restarts in one file of mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.reachable = True
        """Whether the document is served: a test takes it away to see what origins do."""
        self._file = folder / "signing-keys.json"
        if self._file.exists():
            self._keys = [SigningKey.read(stored) for stored in json.loads(self._file.read_text())]
        else:
            self._keep([SigningKey.generate()])

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self._keys[-1]

    def rotate(self) -> str:
        """Signs with a new key from now on, and returns its `kid`."""
        self._keep([*self._keys, SigningKey.generate()])
        return self.current.identifier

    def document(self) -> dict[str, Any]:
        """What the team domain publishes."""
        return {
            "keys": [key.published() for key in self._keys],
            "public_cert": self.current.certified(),
            "public_certs": [key.certified() for key in self._keys],
        }

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with these claims, by the current key."""
        key = self.current
        return jwt.encode(dict(claims), key.private, ALGORITHM, headers={"kid": key.identifier})

    def verified(self, token: str, *, audience: str, issuer: str) -> dict[str, Any] | None:
        """The claims of a token that one of the keys signed and that is good now, or None."""
        try:
            identifier = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self._keys if key.identifier == identifier), None)
            if key is None:
                return None
            return jwt.decode(
                token,
                key.private.public_key(),
                [ALGORITHM],
                audience=audience,
                issuer=issuer,
                options={"require": ["aud", "exp", "iat", "iss"]},
            )
        except jwt.InvalidTokenError:
            return None

    def _keep(self, keys: list[SigningKey]) -> None:
        self._keys = keys[-_KEPT:]
        write_private(self._file, json.dumps([key.stored() for key in self._keys], indent=1))
