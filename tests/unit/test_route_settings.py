"""The certificate of the public route and its key, and when plain HTTP leads to HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit import stack_files
from tests.unit.test_settings import complaints, load

if TYPE_CHECKING:
    from pathlib import Path


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(stack_files.CERTIFICATE)
    (line,) = complaints(tmp_path, tlsCertificateFile=str(tmp_path / "tls.pem"))

    assert "tlsPrivateKey: is not set; the certificate cannot be served without its key" in line


def test_a_key_needs_its_certificate(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, tlsPrivateKey="-----BEGIN PRIVATE KEY-----")

    assert "tlsCertificateFile: is not set, but tlsPrivateKey is" in line


def test_a_key_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(stack_files.CERTIFICATE)
    (line,) = complaints(tmp_path, tlsCertificateFile=str(tmp_path / "tls.pem"), tlsPrivateKey="hush")

    assert "tlsPrivateKey: is not a private key in PEM" in line
    assert "hush" not in line


def test_two_certificates_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(stack_files.CERTIFICATE)
    pair: dict[str, Any] = {
        "tlsCertificateFile": str(tmp_path / "tls.pem"),
        "tlsPrivateKey": "-----BEGIN PRIVATE KEY-----",
    }
    (line,) = complaints(tmp_path, tlsSecret="mlflow-tls", **pair)

    assert "tlsSecret: is set together with tlsCertificateFile" in line


def test_a_private_key_in_plain_text_is_refused_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(stack_files.CERTIFICATE)
    pair = {"tlsCertificateFile": str(tmp_path / "tls.pem"), "tlsPrivateKey": "-----BEGIN PRIVATE KEY-----hush"}
    (line,) = complaints(tmp_path, plain=frozenset({"tlsPrivateKey"}), **pair)

    assert "tlsPrivateKey: is stored as plain text" in line
    assert "hush" not in line


def test_without_a_certificate_nothing_is_said_of_a_redirect(tmp_path: Path) -> None:
    plain, encrypted = load(tmp_path, tlsSecret=""), load(tmp_path, tlsSecret="mlflow-tls")

    assert plain.route.annotations.keys() ^ encrypted.route.annotations.keys() == {
        "nginx.ingress.kubernetes.io/ssl-redirect"
    }
    assert not [name for name in plain.route.annotations if name.endswith("ssl-redirect")]
