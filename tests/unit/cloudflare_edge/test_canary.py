"""The platform's canary at the edge: a browser without a login, which goes as far as the login page."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from components.canary.program.certificate import Certificate
from components.canary.program.connection import Connection, Refused
from components.canary.program.public_route import PublicRoute
from tests.unit.cloudflare_edge.material import HOST, authority

if TYPE_CHECKING:
    from tests.unit.cloudflare_edge.running import Cloudflare

SECONDS = 10


@pytest.fixture
def url(edge: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> str:
    """What it visits; the public name leads to the edge, as by DNS."""
    resolve = socket.getaddrinfo

    def to_the_edge(host: str, *rest: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host == HOST else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", to_the_edge)
    return f"{edge.url}/health"


def visit(url: str) -> None:
    """Go there and expect the login, as the canary of a stack with Access does."""
    connection = Connection(SECONDS, headers={"User-Agent": "mlflow-canary"}, verify=str(authority().certificate))
    with closing(connection):
        PublicRoute(url=url, statuses=[302]).visit(connection)


def test_it_is_led_to_the_login_where_other_programs_are_told_401(edge: Cloudflare, url: str) -> None:
    edge.people(service_auth_401_redirect=True)

    assert edge.get("/health", accept="*/*").status_code == 401
    visit(url)
    assert not edge.upstream.arrived


def test_it_notices_that_the_application_is_gone(edge: Cloudflare, url: str) -> None:
    edge.record()

    with pytest.raises(Refused, match="answered 530: 302 was expected"):
        visit(url)


@pytest.mark.usefixtures("edge")
def test_it_sees_the_certificate_that_the_edge_shows_for_the_host(url: str) -> None:
    certificate = Certificate.of(url)

    assert certificate
    assert certificate.host == HOST
    assert certificate.ends() > 0
