"""The sandbox's certificates: verifiable, for the right names, kept, and their keys private."""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "pki")
    made.ensure()
    return made


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_an_issued_certificate_verifies_against_the_authority(authority: Authority) -> None:
    pair = authority.issue("server", common_name="server", hosts=["minio.example", "10.0.0.1"])
    read(pair.certificate).verify_directly_issued_by(read(authority.certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)


def test_another_authority_did_not_issue_it(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.ensure()
    pair = authority.issue("server", common_name="server")
    with pytest.raises(Exception, match=r".*"):
        read(pair.certificate).verify_directly_issued_by(read(other.certificate))


def test_it_names_every_host_by_name_or_address(authority: Authority) -> None:
    pair = authority.issue("server", common_name="server", hosts=["minio.example", "10.0.0.1"])
    names = read(pair.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["minio.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.0.0.1")]


def test_the_authority_alone_may_sign(authority: Authority) -> None:
    pair = authority.issue("server", common_name="server")
    for path, may_sign in ((authority.certificate, True), (pair.certificate, False)):
        constraints = read(path).extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value.ca is may_sign


def test_keys_are_readable_by_root_alone_and_nothing_else_is_left(authority: Authority) -> None:
    authority.issue("server", common_name="server")
    modes = {path.name: path.stat().st_mode & 0o777 for path in authority.folder.iterdir()}
    assert set(modes) == {"ca.crt", "ca.key", "server.crt", "server.key"}
    assert modes["ca.key"] == modes["server.key"] == 0o600


def test_what_is_there_stays(authority: Authority) -> None:
    pair = authority.issue("server", common_name="server")
    before = [path.read_bytes() for path in (authority.certificate, pair.certificate, pair.key)]
    authority.ensure()
    authority.issue("server", common_name="server")
    assert [path.read_bytes() for path in (authority.certificate, pair.certificate, pair.key)] == before


def test_a_key_whose_certificate_was_never_written_is_made_anew(authority: Authority) -> None:
    pair = authority.issue("server", common_name="server")
    pair.certificate.unlink()
    pair = authority.issue("server", common_name="server")
    key = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key.load_cert_chain(pair.certificate, pair.key)


def test_an_authority_of_another_kind_is_refused(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.pki.serialization.load_pem_private_key", lambda *_, **__: object())
    with pytest.raises(TypeError, match="holds no elliptic curve key"):
        authority.issue("server", common_name="server")


def test_a_kubeconfig_carries_user_group_server_and_authority(authority: Authority, tmp_path: Path) -> None:
    path = authority.kubeconfig(tmp_path / "kubeconfig", server="https://10.0.0.1:6443", user="admin", group="masters")
    document = json.loads(path.read_text())
    assert document["clusters"][0]["cluster"]["server"] == "https://10.0.0.1:6443"
    assert path.stat().st_mode & 0o777 == 0o600
    told = document["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(told) == authority.certificate.read_bytes()
    user = document["users"][0]["user"]
    subject = x509.load_pem_x509_certificate(base64.b64decode(user["client-certificate-data"])).subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "admin"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "masters"


def test_keys_are_of_a_curve_that_every_part_knows(authority: Authority) -> None:
    key = read(authority.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
