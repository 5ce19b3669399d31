"""Paths, methods, hosts and forms of a request: one reading of each, and no way around the assertion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks import METRICS_PATHS, RAW_REQUESTS
from tests.unit.gateway.running import HOST

if TYPE_CHECKING:
    from tests.assertions import Signer
    from tests.unit.gateway.neighbours import Echo
    from tests.unit.gateway.running import Gateway


@pytest.mark.parametrize(("path", "status"), METRICS_PATHS.items())
def test_the_servers_metrics_are_not_for_the_outside(
    gateway: Gateway, echo: Echo, key: Signer, path: str, status: int
) -> None:
    before = len(echo.seen)

    assert gateway.get(path, key.sign()).status == status
    assert echo.seen[before:] == []


def test_a_path_reaches_mlflow_in_its_simplest_form(gateway: Gateway, key: Signer) -> None:
    answer = gateway.get("//api/./2.0//x/../mlflow%20a?path=a//..%2Fb", key.sign())

    assert answer.seen["path"] == "/api/2.0/mlflow%20a?path=a//..%2Fb"


@pytest.mark.parametrize("path", ["/health", "/version", "/ready", "/stats/prometheus", "/keys", "/refresh", "/static"])
def test_no_path_is_open_to_strangers(gateway: Gateway, path: str) -> None:
    assert gateway.get(path).status == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_methods_of_mlflow_pass_and_need_the_assertion_too(gateway: Gateway, key: Signer, method: str) -> None:
    preflight = [("Origin", "https://evil"), ("Access-Control-Request-Method", "POST")]

    assert gateway.request(method, "/", key.sign(), headers=preflight).status == 200
    assert gateway.request(method, "/", headers=preflight).status == 401


@pytest.mark.parametrize(("method", "status"), [("TRACE", 405), ("PROPFIND", 405), ("CONNECT", 400), ("INVENTED", 400)])
def test_other_methods_are_refused(gateway: Gateway, key: Signer, method: str, status: int) -> None:
    assert gateway.request(method, "/", key.sign()).status == status


@pytest.mark.parametrize("strange", RAW_REQUESTS)
def test_what_no_browser_or_client_sends_is_refused(gateway: Gateway, key: Signer, strange: str) -> None:
    request = RAW_REQUESTS[strange]

    assert f" {request.status} " in gateway.raw(request.head(HOST, key.sign())).decode() + " "


def test_a_request_without_a_path_needs_the_assertion_too(gateway: Gateway) -> None:
    assert b" 200 " not in gateway.raw(f"OPTIONS * HTTP/1.1\r\nHost: {HOST}\r\n\r\n")


def test_another_host_is_refused_with_and_without_the_assertion(gateway: Gateway, key: Signer) -> None:
    assert gateway.get("/", key.sign(), host="mlflow.data-platform.svc").status == 421
    assert gateway.get("/", host="mlflow.data-platform.svc").status == 401


@pytest.mark.parametrize("host", [HOST.upper(), f"{HOST}:443", f"{HOST}."])
def test_other_ways_to_write_the_host_are_the_host(gateway: Gateway, key: Signer, host: str) -> None:
    assert gateway.get("/", key.sign(), host=host).sent("Host") == [host if host.isupper() else HOST]
