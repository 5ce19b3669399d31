"""The package for clients outside: the token goes to the configured host, and nobody else ever sees it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any

import mlflow_cloudflare_access
import pytest
import requests
from mlflow.tracking.request_header import registry
from mlflow_cloudflare_access import exchange
from mlflow_cloudflare_access.provider import AccessHeaderProvider
from mlflow_cloudflare_access.settings import VARIABLES, ConfigurationError
from requests.adapters import HTTPAdapter
from urllib3.util import parse_url

SOURCE = Path(mlflow_cloudflare_access.__file__).parent
HOST = "mlflow.example.com"
TOKEN = {"CF-Access-Client-Id": "abc.access", "CF-Access-Client-Secret": "s3cret"}


class Network:
    """Stands at the place of `HTTPAdapter.send`: keeps what was sent where, and answers as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.locations: dict[str, str] = {}
        self.failure: requests.RequestException | None = None

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        assert request.url is not None
        access = {name: value for name, value in request.headers.items() if name.lower().startswith("cf-access")}
        self.sent.append((request.url, access))
        if self.failure:
            self.failure.request = request
            raise self.failure
        response = requests.Response()
        response.status_code = 200
        response.raw = BytesIO()
        response.url = request.url
        response.request = request
        if request.url in self.locations:
            response.status_code = 307
            response.headers["Location"] = self.locations[request.url]
        return response


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        return network.send(request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", send)
    monkeypatch.setattr(exchange, "_warned", set())
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_CLOUDFLARE_ACCESS_HOST", HOST)
    monkeypatch.setenv("MLFLOW_CLOUDFLARE_ACCESS_CLIENT_ID", "abc.access")
    monkeypatch.setenv("MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET", "s3cret")
    return network


def ask(url: str, **options: Any) -> requests.Response:
    """A request as MLflow makes it."""
    return requests.get(url, headers=AccessHeaderProvider().request_headers(), timeout=1, **options)


def test_the_configured_host_gets_the_token(network: Network) -> None:
    ask(f"https://{HOST}/api")
    assert network.sent == [(f"https://{HOST}/api", TOKEN)]


def test_mlflow_itself_gets_placeholders_alone(network: Network) -> None:  # noqa: ARG001 - configured by it
    headers = AccessHeaderProvider().request_headers()
    assert headers == dict.fromkeys(TOKEN, exchange.PLACEHOLDER)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com/",
        f"https://{HOST}.evil.com/",
        f"https://sub.{HOST}/",
        f"https://{HOST}@evil.com/",
        f"https://evil.com\\@{HOST}.evil.com/",
        f"https://evil.com/{HOST}",
        f"https://evil.com#@{HOST}/",
        f"https://evil.com?@{HOST}/",
        f"https://{HOST}:8443/",
        f"http://{HOST}:5000/",
        "http://127.0.0.1:5000/",
    ],
)
def test_another_address_gets_neither_token_nor_placeholder(network: Network, url: str) -> None:
    ask(url)
    assert [headers for _, headers in network.sent] == [{}]


def test_a_name_in_capitals_or_with_the_port_of_its_scheme_is_the_same_host(network: Network) -> None:
    ask(f"https://{HOST.upper()}:443/")
    assert network.sent[0][1] == TOKEN


def test_a_redirect_to_another_host_carries_nothing(network: Network) -> None:
    network.locations[f"https://{HOST}/"] = "https://team.cloudflareaccess.com/elsewhere"
    ask(f"https://{HOST}/")
    assert network.sent == [(f"https://{HOST}/", TOKEN), ("https://team.cloudflareaccess.com/elsewhere", {})]


def test_a_redirect_on_the_host_carries_the_token_on(network: Network) -> None:
    network.locations[f"https://{HOST}/"] = "/there"
    ask(f"https://{HOST}/")
    assert network.sent[1] == (f"https://{HOST}/there", TOKEN)


@pytest.mark.parametrize("location", [f"https://evil.com\\@{HOST}/", f"https://evil.com%5C@{HOST}/"])
def test_a_redirect_goes_where_it_was_judged_to_go(network: Network, location: str) -> None:
    # urllib3, which opens the connection, reads URLs by its own rules.
    network.locations[f"https://{HOST}/"] = location
    ask(f"https://{HOST}/")
    assert [parse_url(url).host for url, headers in network.sent if headers] == [HOST, HOST]


def test_a_redirect_to_plain_http_ends_the_request(network: Network) -> None:
    network.locations[f"https://{HOST}/"] = f"http://{HOST}/"
    with pytest.raises(ConfigurationError, match="not sent over plain HTTP"):
        ask(f"https://{HOST}/")
    assert [url for url, _ in network.sent] == [f"https://{HOST}/"]


def test_plain_http_is_refused_with_the_cure(network: Network) -> None:
    with pytest.raises(ConfigurationError, match=f"use https://{HOST} \\(MLFLOW_TRACKING_URI"):
        ask(f"http://{HOST}/")
    assert not network.sent


def test_a_certificate_that_nobody_checks_is_refused_with_the_cure(network: Network) -> None:
    with pytest.raises(
        ConfigurationError, match=r"unset MLFLOW_TRACKING_INSECURE_TLS.*MLFLOW_TRACKING_SERVER_CERT_PATH"
    ):
        ask(f"https://{HOST}/", verify=False)
    assert not network.sent


def test_an_option_that_cannot_be_recognised_counts_as_the_check_switched_off(network: Network) -> None:
    headers = AccessHeaderProvider().request_headers()
    request = requests.Request("GET", f"https://{HOST}/", headers=headers).prepare()
    with pytest.raises(ConfigurationError, match="whoever says to be"):
        HTTPAdapter().send(request, False, None, False)  # noqa: FBT003 - what the test is about
    assert not network.sent


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "[::1]:5000"])
def test_on_this_machine_plain_http_is_enough(network: Network, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("MLFLOW_CLOUDFLARE_ACCESS_HOST", host)
    ask(f"http://{host}/")
    assert network.sent[0][1] == TOKEN


def test_a_login_page_is_an_error_instead_of_an_answer(network: Network) -> None:
    network.locations[f"https://{HOST}/"] = f"https://team.cloudflareaccess.com/cdn-cgi/access/login/{HOST}?kid=x"
    with pytest.raises(exchange.AccessDeniedError, match=r"a login at team\.cloudflareaccess\.com: .*revoked") as error:
        ask(f"https://{HOST}/")
    assert len(network.sent) == 1
    assert error.value.request is not None
    assert error.value.request.headers["CF-Access-Client-Secret"] == exchange.PLACEHOLDER


def test_the_login_page_of_somebody_else_is_none_of_its_business(network: Network) -> None:
    network.locations["https://other.example.com/"] = "https://other.example.com/cdn-cgi/access/login/x"
    assert ask("https://other.example.com/").status_code == 200


def test_whoever_keeps_the_answer_does_not_keep_the_token(network: Network) -> None:
    network.locations[f"https://{HOST}/"] = "/there"
    answer = ask(f"https://{HOST}/")
    for response in (answer, *answer.history):
        assert response.request.headers["CF-Access-Client-Secret"] == exchange.PLACEHOLDER


def test_nor_does_whoever_keeps_the_error(network: Network) -> None:
    network.failure = requests.ConnectionError("refused")
    with pytest.raises(requests.ConnectionError) as error:
        ask(f"https://{HOST}/")
    assert error.value.request is not None
    assert error.value.request.headers["CF-Access-Client-Secret"] == exchange.PLACEHOLDER


def test_requests_that_are_not_mlflows_pass_as_they_are(network: Network) -> None:
    exchange.install()
    own = {"CF-Access-Client-Id": "own.access", "CF-Access-Client-Secret": "own"}
    requests.get("https://other.example.com/", headers=own, timeout=1)
    requests.get(f"http://{HOST}/", timeout=1)
    assert [headers for _, headers in network.sent] == [own, {}]


def test_a_header_that_another_plugin_has_added_to_reveals_nothing(network: Network) -> None:
    joined = {name: f"{value} more" for name, value in AccessHeaderProvider().request_headers().items()}
    requests.get(f"https://{HOST}/", headers=joined, timeout=1)
    assert "s3cret" not in str(network.sent)


def test_requests_is_wrapped_once(network: Network) -> None:  # noqa: ARG001 - wrapped for it
    exchange.install()
    wrapped = HTTPAdapter.send
    exchange.install()
    assert HTTPAdapter.send is wrapped


def test_and_again_where_somebody_has_put_the_original_back(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    original = HTTPAdapter.send
    exchange.install()
    monkeypatch.setattr(HTTPAdapter, "send", original)
    ask(f"https://{HOST}/")
    assert network.sent[0][1] == TOKEN


def test_a_wrong_token_ends_the_request_before_it_is_sent(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET")
    with pytest.raises(ConfigurationError, match="MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET is not set") as error:
        ask(f"https://{HOST}/")
    assert "abc.access" not in str(error.value)
    assert not network.sent


def test_a_wrong_token_does_not_hinder_requests_to_others(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET")
    ask("https://other.example.com/")
    assert [headers for _, headers in network.sent] == [{}]


def test_without_a_host_nobody_gets_the_token_and_one_warning_says_so(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("MLFLOW_CLOUDFLARE_ACCESS_HOST")
    ask(f"https://{HOST}/")
    ask(f"https://{HOST}/")
    assert [headers for _, headers in network.sent] == [{}, {}]
    assert len(caplog.messages) == 1
    assert "sends no service token: MLFLOW_CLOUDFLARE_ACCESS_HOST is not set" in caplog.text


@pytest.mark.usefixtures("network")
def test_installed_alone_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AccessHeaderProvider().in_context()
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    assert not AccessHeaderProvider().in_context()


def test_mlflow_asks_it_as_it_asks_its_own_providers(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.RequestHeaderProviderRegistry()  # type: ignore[no-untyped-call]
    known.register(AccessHeaderProvider)  # type: ignore[no-untyped-call]
    monkeypatch.setattr(registry, "_request_header_provider_registry", known)
    requests.get(f"https://{HOST}/", headers=registry.resolve_request_headers(), timeout=1)  # type: ignore[no-untyped-call]
    assert network.sent[0][1] == TOKEN


def test_the_entry_point_names_it() -> None:
    project = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text())["project"]
    entry_points = project["entry-points"]["mlflow.request_header_provider"]
    assert list(entry_points.values()) == [f"{AccessHeaderProvider.__module__}:{AccessHeaderProvider.__name__}"]


def test_importing_it_does_not_import_mlflow() -> None:
    check = "import sys, mlflow_cloudflare_access.provider; sys.exit('mlflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, env={"PYTHONPATH": str(SOURCE.parent)})
