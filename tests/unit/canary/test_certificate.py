"""The end of the certificate that the public route shows, whether it verifies or not."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from components.canary.program.certificate import Certificate
from components.canary.program.public_route import PublicRoute
from components.canary.program.rounds import Step
from sandbox.pki import Authority
from tests.unit.canary.counterpart import counterpart
from tests.unit.canary.trial import STEPS, Canary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.canary.counterpart import Counterpart
    from tests.unit.canary.trial import Told

SERIES = "mlflow_canary_certificate_expiry_timestamp_seconds"
HOST = "127.0.0.1"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)


@contextmanager
def serving(certificate: Path, key: Path) -> Iterator[Counterpart]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with counterpart(tls) as behind:
        behind.fail("GET /", 200)
        yield behind


def signed_by_itself(folder: Path, end: dt.datetime) -> tuple[Path, Path]:
    """Files of a certificate and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "route")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - dt.timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    files = folder / "route.crt", folder / "route.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def canary(mlflow: Counterpart, url: str, *, verify: str | bool = True) -> Canary:
    """One that tries a public route."""
    visit, certificate = PublicRoute(url=url, statuses=[200]).visit, Certificate.of(url)
    return Canary(mlflow.url, route=Step(name="public_route", act=visit, verify=verify, certificate=certificate))


def test_a_visit_tells_when_the_certificate_ends(mlflow: Counterpart, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.ensure()
    pair = authority.issue("route", common_name="route", hosts=[HOST])
    end = x509.load_pem_x509_certificate(pair.certificate.read_bytes()).not_valid_after_utc
    with serving(pair.certificate, pair.key) as route:
        watching = canary(mlflow, route.url, verify=str(authority.certificate))

        watching.rounds.once()

    assert watching.outcomes()["public_route"] == (1, 0)
    assert watching.value(SERIES, host=HOST) == end.timestamp()


@pytest.mark.parametrize("days", [-3, 2], ids=["expired", "about to expire"])
def test_a_certificate_that_does_not_verify_fails_the_visit_and_its_end_is_told_all_the_same(
    days: int, mlflow: Counterpart, tmp_path: Path
) -> None:
    end = NOW + dt.timedelta(days=days)
    certificate, key = signed_by_itself(tmp_path, end)
    with serving(certificate, key) as route:
        watching = canary(mlflow, route.url)

        watching.rounds.once()

    assert watching.outcomes()["public_route"] == (0, 1)
    assert watching.value(SERIES, host=HOST) == end.timestamp()


def test_a_renewed_certificate_is_told_by_the_next_round(mlflow: Counterpart, tmp_path: Path) -> None:
    certificate, key = signed_by_itself(tmp_path, NOW + dt.timedelta(days=1))
    renewed = NOW + dt.timedelta(days=90)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with counterpart(tls) as route:
        watching = canary(mlflow, route.url)
        watching.rounds.once()
        tls.load_cert_chain(*signed_by_itself(tmp_path, renewed))

        watching.rounds.once()

    assert watching.value(SERIES, host=HOST) == renewed.timestamp()


def test_the_series_is_there_before_a_certificate_has_been_seen(mlflow: Counterpart) -> None:
    assert canary(mlflow, "https://mlflow.254carbon.com/health").value(SERIES, host="mlflow.254carbon.com") == 0


def test_a_route_by_plain_http_shows_none(mlflow: Counterpart) -> None:
    mlflow.fail("GET /health", 200)
    watching = canary(mlflow, f"{mlflow.url}/health")

    watching.rounds.once()

    assert watching.outcomes()["public_route"] == (1, 0)
    assert SERIES not in watching.samples()


def test_a_route_that_is_down_keeps_the_end_that_was_seen_and_the_log_tells(
    mlflow: Counterpart, told: Told, tmp_path: Path
) -> None:
    end = NOW + dt.timedelta(days=30)
    certificate, key = signed_by_itself(tmp_path, end)
    with serving(certificate, key) as route:
        watching = canary(mlflow, route.url)
        watching.rounds.once()

    watching.rounds.once()

    (line,) = [line for line in told() if line["message"] == "certificate not seen"]
    assert watching.value(SERIES, host=HOST) == end.timestamp()
    assert (line["level"], line["step"]) == ("warning", "public_route")
    assert line["error"].startswith("ConnectionRefusedError: ")


def test_a_server_that_speaks_no_tls_costs_the_round_nothing(mlflow: Counterpart, told: Told) -> None:
    watching = canary(mlflow, mlflow.url.replace("http:", "https:"))

    watching.rounds.once()

    assert watching.outcomes() == {**dict.fromkeys(STEPS, (1, 0)), "public_route": (0, 1)}
    assert watching.value("mlflow_canary_rounds_total") == 1
    assert [line["error"].partition(":")[0] for line in told() if line["level"] == "warning"] == ["SSLError"]


def test_the_server_is_asked_for_the_host_by_name_and_for_nothing_more(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*signed_by_itself(tmp_path, NOW))
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    with counterpart(tls) as route:
        port = int(route.url.rpartition(":")[2])

        assert Certificate(host="localhost", port=port).ends() == NOW.timestamp()

    assert (names, route.seen) == (["localhost"], [])


def test_a_server_that_takes_the_connection_and_says_nothing_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.canary.program.certificate._SECONDS", 0.1)
    with socket.create_server((HOST, 0)) as silent, pytest.raises(TimeoutError):
        Certificate(host=HOST, port=silent.getsockname()[1]).ends()


@pytest.mark.parametrize(
    ("url", "certificate"),
    [
        ("https://mlflow.254carbon.com/health", Certificate(host="mlflow.254carbon.com", port=443)),
        ("https://mlflow.254carbon.com:8443/health", Certificate(host="mlflow.254carbon.com", port=8443)),
        ("http://mlflow.local/health", None),
    ],
)
def test_a_url_says_whose_certificate_is_meant(url: str, certificate: Certificate | None) -> None:
    assert Certificate.of(url) == certificate
