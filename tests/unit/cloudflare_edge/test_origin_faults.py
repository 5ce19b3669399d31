"""Origins that are down, slow, or not who they should be, and the error pages that tell of them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.cloudflare_double.origin import OriginServer
from sandbox.pki import Authority
from tests.unit.cloudflare_edge.material import HOST, authority
from tests.unit.cloudflare_edge.origin import plain_upstream, tls_upstream
from tests.unit.cloudflare_edge.running import Cloudflare, cloudflare, code_of

if TYPE_CHECKING:
    from pathlib import Path


def logged_in(double: Cloudflare) -> httpx.Response:
    """What a person who is let in gets."""
    double.people()
    with double.browser() as client:
        double.log_in(client)
        return client.get(double.url)


def test_an_origin_that_is_down_is_error_521(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with cloudflare(tmp_path, origin=OriginServer("127.0.0.1", port)) as double:
        assert code_of(logged_in(double)) == "521"


def test_the_origin_is_asked_for_the_public_host_by_tls(tmp_path: Path) -> None:
    with (
        tls_upstream(HOST) as (upstream, names),
        cloudflare(tmp_path, origin=OriginServer("127.0.0.1", upstream.port, authority().certificate)) as double,
    ):
        assert logged_in(double).text == "hello from the origin"
    assert names == [HOST]
    assert upstream.arrived[-1].header("host") == HOST


def test_an_origin_with_a_certificate_for_another_host_is_error_526(tmp_path: Path) -> None:
    with (
        tls_upstream("elsewhere.254carbon.com") as (upstream, _),
        cloudflare(tmp_path, origin=OriginServer("127.0.0.1", upstream.port, authority().certificate)) as double,
    ):
        response = logged_in(double)
    assert (response.status_code, code_of(response)) == (526, "526")
    assert not upstream.arrived


def test_an_origin_of_another_authority_is_error_526(tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.ensure()
    with (
        tls_upstream(HOST) as (upstream, _),
        cloudflare(tmp_path / "state", origin=OriginServer("127.0.0.1", upstream.port, other.certificate)) as double,
    ):
        assert code_of(logged_in(double)) == "526"


def test_an_origin_without_tls_is_error_525(tmp_path: Path) -> None:
    with (
        plain_upstream() as upstream,
        cloudflare(tmp_path, origin=OriginServer("127.0.0.1", upstream.port, authority().certificate)) as double,
    ):
        assert code_of(logged_in(double)) == "525"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectTimeout("slow"), "522"),
        (httpx.PoolTimeout("busy"), "522"),
        (httpx.ReadTimeout("slow"), "524"),
        (httpx.WriteTimeout("slow"), "524"),
        (httpx.ReadError("reset"), "520"),
        (httpx.RemoteProtocolError("not HTTP"), "520"),
    ],
)
def test_what_ails_the_origin_has_a_number(
    edge: Cloudflare, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch, error: httpx.TransportError, code: str
) -> None:
    async def fail(*_: object) -> None:
        raise error

    edge.people()
    edge.log_in(browser)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", fail)
    assert code_of(browser.get(edge.url)) == code
