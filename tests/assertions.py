"""Access assertions as the team signs them, and as only those do who want to get in without it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "Cf-Access-Jwt-Assertion"
PERSON = "ada@254carbon.com"
"""Whose assertion it is unless a claim says otherwise."""
VALID_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs assertions for one application, with a key that is the team's or claims to be."""

    kid: str
    audience: str
    issuer: str
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def with_another_key(self, kid: str | None = None) -> Signer:
        """Signs for the same application; under the same id unless another is given."""
        return Signer(kid=kid or self.kid, audience=self.audience, issuer=self.issuer)

    @cached_property
    def public_pem(self) -> bytes:
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwk(self, *, algorithm: str | None = "RS256") -> dict[str, Any]:
        """The public key as the team domain publishes it."""
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**key, "kid": self.kid, "use": "sig", **({"alg": algorithm} if algorithm else {})}

    def sign(self, *, algorithm: str = "RS256", kid: str | None = None, **claims: Any) -> str:
        """Sign a person's assertion; a claim of None is left out."""
        now = int(time.time())
        merged = {
            "aud": [self.audience],
            "email": PERSON,
            "exp": now + VALID_SECONDS,
            "iat": now,
            "nbf": now,
            "iss": self.issuer,
            "type": "app",
            "sub": "a-person",
            **claims,
        }
        payload = {name: value for name, value in merged.items() if value is not None}
        return jwt.encode(payload, self.private, algorithm=algorithm, headers={"kid": kid or self.kid})


def unsigned(token: str) -> str:
    """The same claims with `alg: none`."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def signed_with_the_public_key(signer: Signer, token: str) -> str:
    """The same claims with HS256, where the secret is what everybody knows."""
    text = f"{_part({'alg': 'HS256', 'kid': signer.kid, 'typ': 'JWT'})}.{token.split('.')[1]}"
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{text}.{_encoded(hmac.sign(text.encode(), signer.public_pem))}"


def changed(token: str, **claims: Any) -> str:
    """Other claims under the same signature."""
    head, _, signature = token.split(".")
    return ".".join([head, _part(jwt.decode(token, options={"verify_signature": False}) | claims), signature])


def _part(content: Mapping[str, Any]) -> str:
    """Head or payload of a token."""
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
