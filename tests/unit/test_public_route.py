from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.stack_files import CERTIFICATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording

SSL_REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect"
KEY = "-----BEGIN PRIVATE KEY-----\nnot a real one\n-----END PRIVATE KEY-----\n"


def backend(recording: Recording) -> dict[str, Any]:
    only: dict[str, Any] = recording.one("Ingress").spec["rules"][0]["http"]["paths"][0]["backend"]
    return only


def test_the_route_leads_to_the_server(dev: Recording) -> None:
    assert backend(dev) == {"service": {"name": "mlflow", "port": {"number": 5000}}}


def test_with_single_sign_on_the_route_leads_to_the_gateway(prod: Recording) -> None:
    assert backend(prod) == {"service": {"name": "mlflow-gateway", "port": {"number": 8080}}}


def test_the_route_keeps_its_name_wherever_it_leads(stack: Recording) -> None:
    assert stack.one("Ingress").metadata["name"] == "mlflow"


def test_the_route_waits_for_a_ready_service(dev: Recording) -> None:
    assert dev.called("mlflow-service").urn in dev.one("Ingress").dependencies


def test_large_artifacts_may_pass(stack: Recording) -> None:
    annotations = stack.one("Ingress").metadata["annotations"]

    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    assert annotations["nginx.ingress.kubernetes.io/proxy-request-buffering"] == "off"


def test_plain_http_has_no_tls(dev: Recording) -> None:
    assert "tls" not in dev.one("Ingress").spec
    assert dev.exports["url"] == "http://mlflow.local"


def test_an_existing_certificate_is_used(prod: Recording) -> None:
    assert prod.one("Ingress").spec["tls"] == [{"hosts": ["mlflow.254carbon.com"], "secretName": "mlflow-tls"}]
    assert prod.exports["url"] == "https://mlflow.254carbon.com"


def test_a_given_certificate_becomes_a_secret(deployed: Deploy, tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text(CERTIFICATE)
    recording = deployed(tlsCertificateFile=str(tmp_path / "tls.pem"), tlsPrivateKey=KEY)

    assert recording.called("public-certificate").plain["stringData"] == "[secret]"
    assert recording.one("Ingress").spec["tls"][0]["secretName"] == "public-certificate-1a2b3c4d"


def test_plain_http_is_redirected_only_where_tls_is_required(deployed: Deploy, prod: Recording) -> None:
    welcome = deployed(tlsSecret="mlflow-tls").one("Ingress").metadata["annotations"]

    assert welcome[SSL_REDIRECT] == "false"
    assert prod.one("Ingress").metadata["annotations"][SSL_REDIRECT] == "true"
