"""What reaches the origin and what comes back: headers, paths, bodies, and what is refused before it."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING

import pytest

from sandbox.cloudflare_double import origin
from tests.unit.cloudflare_edge.material import HOST, START_SECONDS, TEAM, trust
from tests.unit.cloudflare_edge.origin import BIG
from tests.unit.cloudflare_edge.running import ALLOWED, Cloudflare, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

CHUNK = bytes(65_536)
SPOOFED = {
    "Cf-Access-Jwt-Assertion": "forged",
    "CF-ACCESS-AUTHENTICATED-USER-EMAIL": "root@example.com",
    "cf-access-service-token": "forged",
    "Cf-Connecting-Ip": "203.0.113.9",
    "CF-IPCountry": "US",
    "Cf-Ray": "forged",
    "Cf-Visitor": "forged",
    "CDN-Loop": "forged",
    "X-Forwarded-Proto": "http",
}


@pytest.fixture
def browser(edge: Cloudflare, browser: httpx.Client) -> httpx.Client:
    """A browser that is logged in."""
    edge.people()
    edge.log_in(browser)
    return browser


def raw(edge: Cloudflare, request: bytes) -> bytes:
    """Sends bytes as they are, and returns the status line."""
    with (
        socket.create_connection(("127.0.0.1", edge.edge_port), START_SECONDS) as plain,
        trust().wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        connection.sendall(request)
        return connection.recv(65_536).split(b"\r\n")[0]


def test_what_a_client_says_of_itself_is_replaced(edge: Cloudflare, browser: httpx.Client) -> None:
    browser.get(edge.url, headers=SPOOFED)
    arrived = edge.last()
    assert arrived.header("cf-access-jwt-assertion") not in {None, "forged"}
    assert arrived.header("cf-access-authenticated-user-email") == ALLOWED
    assert arrived.header("cf-access-service-token") is None
    assert arrived.header("cf-connecting-ip") == "127.0.0.1"
    assert arrived.header("cf-ipcountry") == "XX"
    assert arrived.header("cf-ray") not in {None, "forged"}
    assert arrived.header("cf-visitor") == '{"scheme": "https"}'
    assert arrived.header("cdn-loop") == "cloudflare; loops=1"
    assert arrived.header("x-forwarded-proto") == "https"


def test_the_way_that_a_request_came_is_added_to(edge: Cloudflare, browser: httpx.Client) -> None:
    browser.get(edge.url)
    assert edge.last().header("x-forwarded-for") == "127.0.0.1"
    browser.get(edge.url, headers={"X-Forwarded-For": "198.51.100.1"})
    assert edge.last().header("x-forwarded-for") == "198.51.100.1,127.0.0.1"


def test_headers_of_the_connection_stay_behind(edge: Cloudflare, browser: httpx.Client) -> None:
    browser.get(
        edge.url, headers={"Connection": "keep-alive, X-Private", "X-Private": "1", "X-Public": "2", "TE": "gzip"}
    )
    assert edge.last().header("x-private") is None
    assert edge.last().header("te") is None
    assert edge.last().header("x-public") == "2"


@pytest.mark.parametrize("target", ["//double//slash", "/a%2Fb", "/a/../b", "/%2e%2e/etc", "/x?a=%20&a=b", "/health;x"])
def test_a_path_reaches_the_origin_as_it_was_sent(edge: Cloudflare, browser: httpx.Client, target: str) -> None:
    request = browser.build_request("GET", edge.url)
    request.extensions["target"] = target.encode()
    assert browser.send(request).status_code == 200
    assert edge.last().target == target


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_every_method_passes(edge: Cloudflare, browser: httpx.Client, method: str) -> None:
    assert browser.request(method, edge.url).status_code == 200
    assert edge.last().method == method


def test_the_answer_keeps_every_header(edge: Cloudflare, browser: httpx.Client) -> None:
    response = browser.get(edge.url)
    assert [value for value in response.headers.get_list("set-cookie") if value.startswith(("one", "two"))] == [
        "one=1",
        "two=2",
    ]
    assert response.headers["server"] == "cloudflare"
    assert response.headers["cf-ray"] == edge.last().header("cf-ray")


def test_an_upload_streams(edge: Cloudflare, browser: httpx.Client) -> None:
    def body() -> Iterator[bytes]:
        yield CHUNK
        assert edge.upstream.upload_began.wait(START_SECONDS), "the edge waits for the whole body"
        for start in range(len(CHUNK), BIG, len(CHUNK)):
            yield CHUNK[: BIG - start]

    response = browser.put(edge.url, content=body(), headers={"content-length": str(BIG)})
    assert response.status_code == 200
    assert edge.last().digest == hashlib.sha256(bytes(BIG)).hexdigest()


def test_a_download_streams(edge: Cloudflare, browser: httpx.Client) -> None:
    total = 0
    with browser.stream("GET", f"{edge.url}/download") as response:
        for chunk in response.iter_raw():
            edge.upstream.download_seen.set()
            total += len(chunk)
    assert total == BIG


def test_a_body_beyond_the_plan_is_refused_by_its_length(edge: Cloudflare, browser: httpx.Client) -> None:
    lines = [
        "PUT / HTTP/1.1",
        f"Host: {HOST}:{edge.edge_port}",
        f"Cookie: CF_Authorization={browser.cookies['CF_Authorization']}",
        f"Content-Length: {origin.MAX_BODY_BYTES + 1}",
    ]
    assert raw(edge, "\r\n".join([*lines, "", ""]).encode()).split()[1] == b"413"
    assert not edge.upstream.arrived


def test_a_body_beyond_the_plan_is_refused_though_it_hides_its_length(
    edge: Cloudflare, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "MAX_BODY_BYTES", len(CHUNK))
    response = browser.put(edge.url, content=iter([CHUNK, CHUNK]))
    assert response.status_code == 413


def test_the_limit_of_the_plan_is_100_mb() -> None:
    assert origin.MAX_BODY_BYTES == 100_000_000


def test_a_host_without_a_record_is_unknown(edge: Cloudflare) -> None:
    response = edge.get()
    assert (response.status_code, code_of(response)) == (530, "1016")


def test_a_host_whose_record_is_not_proxied_is_unknown(edge: Cloudflare) -> None:
    policy = edge.policy("allow", {"email": {"email": ALLOWED}})
    edge.record(proxied=False)
    edge.access("POST", "apps", type="self_hosted", name="MLflow", domain=HOST, policies=[policy])
    assert code_of(edge.get()) == "1016"


def test_a_host_without_an_application_is_refused(edge: Cloudflare) -> None:
    edge.record()
    response = edge.get()
    assert (response.status_code, code_of(response)) == (530, "1000")
    assert not edge.upstream.arrived


def test_an_application_that_is_deleted_lets_nobody_in(edge: Cloudflare, browser: httpx.Client) -> None:
    for application in edge.access("GET", "apps"):
        edge.access("DELETE", f"apps/{application['id']}")
    assert browser.get(edge.url).status_code == 530
    assert not edge.upstream.arrived


def test_an_application_without_policies_lets_nobody_in(edge: Cloudflare) -> None:
    edge.application()
    assert edge.get().status_code == 403


def test_a_tunnel_without_a_connector_leads_nowhere(edge: Cloudflare, browser: httpx.Client) -> None:
    for record in edge.api("GET", f"zones/{'b' * 32}/dns_records"):
        edge.api("DELETE", f"zones/{'b' * 32}/dns_records/{record['id']}")
    edge.record("c1744f8b-faa1-48a4-9e5c-02ac921467fa.cfargotunnel.com", "CNAME")
    response = browser.get(edge.url)
    assert (response.status_code, code_of(response)) == (530, "1033")
    assert not edge.upstream.arrived


def test_the_paths_of_cloudflare_itself_never_reach_the_origin(edge: Cloudflare, browser: httpx.Client) -> None:
    for path in ("/cdn-cgi/trace", "/cdn-cgi/access/other", "/cdn-cgi/access/certs"):
        assert browser.get(edge.url + path).status_code == 404
    assert browser.post(f"{edge.url}/cdn-cgi/access/logout").status_code == 404
    assert not edge.upstream.arrived


def test_the_team_domain_has_no_other_pages(edge: Cloudflare) -> None:
    with edge.browser() as client:
        assert client.get(edge.team_url).status_code == 404
        assert client.post(f"{edge.team_url}/cdn-cgi/access/certs").status_code == 404


def test_websockets_are_not_passed_on(edge: Cloudflare, browser: httpx.Client) -> None:
    response = browser.get(edge.url, headers={"connection": "upgrade", "upgrade": "websocket"})
    assert response.status_code == 501
    assert not edge.upstream.arrived


@pytest.mark.parametrize(
    "request_line",
    [
        f"TRACE / HTTP/1.1\r\nHost: {HOST}",
        f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}",
        f"GET http://{HOST}/ HTTP/1.1\r\nHost: {HOST}",
        "GET / HTTP/1.1\r\nHost: evil_host!",
        f"GET / HTTP/1.1\r\nHost: {HOST}\r\nHost: {TEAM}",
    ],
)
def test_what_no_browser_sends_is_refused(edge: Cloudflare, request_line: str) -> None:
    edge.application(edge.policy("bypass", {"everyone": {}}))
    assert raw(edge, f"{request_line}\r\nConnection: close\r\n\r\n".encode()).split()[1] in {b"400", b"404"}
    assert not edge.upstream.arrived
