"""The sandbox's certificate authority and every certificate and kubeconfig that it signs."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VALID_FOR = dt.timedelta(days=365)
CLOCK_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class KeyPair:
    """Paths of a PEM certificate (readable) and its private key (mode 0600)."""

    certificate: Path
    key: Path


def _name(common_name: str, organization: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, encoded.decode())


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Makes the file appear whole, since it stands for key and certificate being there."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    fresh.replace(path)


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder; made at first use, so that a sandbox keeps its certificates."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The authority's own certificate, to be trusted by clients."""
        return self.folder / "ca.crt"

    @property
    def pair(self) -> KeyPair:
        """The authority's certificate and key."""
        return KeyPair(self.certificate, self.folder / "ca.key")

    def ensure(self) -> None:
        """Makes the authority unless it is there."""
        if self.certificate.exists():
            return
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        subject = _name("mlflow-platform sandbox CA")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    crl_sign=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_key(self.pair.key, key)
        _write_certificate(self.certificate, certificate)

    def issue(
        self,
        name: str,
        *,
        common_name: str,
        organization: str = "",
        hosts: Sequence[str] = (),
        valid_for: dt.timedelta = VALID_FOR,
    ) -> KeyPair:
        """A certificate for clients and servers, made unless it is there.

        Args:
            name: the files' name.
            common_name: the subject; for Kubernetes the user.
            organization: for Kubernetes the group.
            hosts: DNS names and addresses that a server answers to.
            valid_for: from now on; below nothing, down to minus `CLOCK_SKEW`, for one that has ended.
        """
        pair = KeyPair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        if pair.certificate.exists():
            return pair
        signer = serialization.load_pem_private_key(self.pair.key.read_bytes(), password=None)
        issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.pair.key} holds no elliptic curve key")
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name, organization))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + valid_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
            )
        certificate = builder.sign(signer, hashes.SHA256())
        _write_key(pair.key, key)
        _write_certificate(pair.certificate, certificate)
        return pair

    def kubeconfig(self, path: Path, *, server: str, user: str, group: str = "") -> Path:
        """Writes a kubeconfig for a user of the sandbox's API server (YAML that is also JSON)."""
        pair = self.issue(f"client-{path.stem}", common_name=user, organization=group)
        encoded = {
            "certificate-authority-data": self.certificate,
            "client-certificate-data": pair.certificate,
            "client-key-data": pair.key,
        }
        data = {key: base64.b64encode(source.read_bytes()).decode() for key, source in encoded.items()}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "mlflow-sandbox",
            "clusters": [
                {
                    "name": "mlflow-sandbox",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": data["certificate-authority-data"],
                    },
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {key: data[key] for key in ("client-certificate-data", "client-key-data")},
                }
            ],
            "contexts": [{"name": "mlflow-sandbox", "context": {"cluster": "mlflow-sandbox", "user": user}}],
        }
        write_private(path, json.dumps(document, indent=2))
        return path


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
